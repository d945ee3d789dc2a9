// Finds the position in a script from the text of a stack. It ignores the frames of the runtime and the host.

/** A position in a script; `file` is empty if it is unknown. */
export interface Position {
	readonly file: string;
	readonly line: number;
	readonly column: number;
}

const NOWHERE: Position = { file: "", line: 0, column: 0 };

/** The innermost position in a script that a stack names. */
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

/** The position of the script's call into the runtime. */
export function callerPosition(): Position {
	return positionIn(new Error().stack);
}

/** The text of an exception; any value can be thrown. */
export function wordsOf(error: unknown): string {
	try {
		if (error instanceof Error) return `${error.name}: ${error.message}`;
		return String(error);
	} catch {
		return "an object that cannot be shown";
	}
}

/** The stack of an exception, if it has one. */
export function stackOf(error: unknown): unknown {
	try {
		return (error as { stack?: unknown } | null | undefined)?.stack;
	} catch {
		return undefined;
	}
}
