// The process of a daemon that `own-daemon.ts` starts: the command line, which ends when the process that started it is gone.

process.on("disconnect", () => process.exit());
await import("./main.ts");
