// Where in a script something happened, read from a stack's text. Frames of the runtime and of the host are passed over.

/** A place in a script; `file` is empty where it is not known. */
export interface Position {
	readonly file: string;
	readonly line: number;
	readonly column: number;
}

const NOWHERE: Position = { file: "", line: 0, column: 0 };

/** The innermost place in a script that a stack names. */
export function positionIn(stack: unknown): Position {
	if (typeof stack !== "string") return NOWHERE;
	for (const line of stack.split("\n")) {
		const found = /(?:\(|at )([^()]+):(\d+):(\d+)\)?$/.exec(line);
		const file = found?.[1];
		if (file === undefined || /^(?:xmlsocket:|node:|file:|eval at )/.test(file)) continue;
		return { file, line: Number(found?.[2]), column: Number(found?.[3]) };
	}
	return NOWHERE;
}

/** The place of the script that called into the runtime. */
export function callerPosition(): Position {
	return positionIn(new Error().stack);
}

/** What an exception says, whatever was thrown. */
export function wordsOf(error: unknown): string {
	try {
		if (error instanceof Error) return `${error.name}: ${error.message}`;
		return String(error);
	} catch {
		return "an object that cannot be shown";
	}
}

/** The stack of what was thrown, where it has one. */
export function stackOf(error: unknown): unknown {
	try {
		return (error as { stack?: unknown } | null | undefined)?.stack;
	} catch {
		return undefined;
	}
}
