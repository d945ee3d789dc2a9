// The failure of a process that may open no more files. It is a file of its own because then no other can be loaded for its text.

/** Whether the system refused to open a file because too many are open. */
export function isTooManyFiles(error: unknown): boolean {
	return /^(EMFILE|ENFILE)$/.test((error as NodeJS.ErrnoException | null)?.code ?? "");
}

/** What happened, then what to do about it. */
export const TOO_MANY_FILES =
	"xmlsocket: Too many files are open, so the program cannot start.\n  Raise the limit: `ulimit -n 65536` in a shell, LimitNOFILE= in a systemd unit, --ulimit nofile=65536 for a container.";
