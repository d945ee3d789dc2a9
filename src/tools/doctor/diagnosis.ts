// What a diagnosis consists of: checks, one for each hop, in the order of the path from the player to the server. It connects to nothing.

/** The result for one hop. */
export interface DiagnosisCheck {
	/** What was checked, for programs: `ipv4`, `websocket`. docs/guide/doctor.md lists all. */
	readonly id: string;
	/** True: it works. False: it does not. Null: it was not checked; `text` says why. */
	readonly ok: boolean | null;
	/** What was found, in one or two sentences. Characters that control a terminal are replaced. */
	readonly text: string;
	/** What to do; "" if there is nothing to do. A check that is ok can have one: something that hurts only some players. */
	readonly hint: string;
}

/** The result of `diagnose`. */
export interface Diagnosis {
	/** Whether no check failed. */
	readonly ok: boolean;
	readonly checks: readonly DiagnosisCheck[];
}

/** What was found at one hop, as in `DiagnosisCheck`. */
export type Finding = Pick<DiagnosisCheck, "ok" | "text"> & { readonly hint?: string };

/** Collects the checks of one diagnosis. */
export class Checks {
	readonly all: DiagnosisCheck[] = [];
	readonly #signal: AbortSignal;
	readonly #onCheck: ((check: DiagnosisCheck) => void) | undefined;
	/** Changes each id, to tell the hops of a page from those of its proxies. */
	idOf: (id: string) => string = (id) => id;

	/**
	 * @param signal once it is aborted, a failure may only be the lack of time, and counts as not checked.
	 * @param onCheck called with each check as soon as it is known.
	 */
	constructor(signal: AbortSignal, onCheck?: (check: DiagnosisCheck) => void) {
		this.#signal = signal;
		this.#onCheck = onCheck;
	}

	/** Adds what was found. */
	add(id: string, { ok, text, hint = "" }: Finding): void {
		this.#add(id, ok, text, hint);
	}

	/** It works. @param hint something that hurts only some players. */
	pass(id: string, text: string, hint = ""): void {
		this.#add(id, true, text, hint);
	}

	/** It does not work. */
	fail(id: string, text: string, hint: string): void {
		this.#add(id, false, text, hint);
	}

	/** It was not checked. */
	skip(id: string, why: string): void {
		this.#add(id, null, why, "");
	}

	/** As `skip`, for several hops with the same reason. */
	skipAll(ids: readonly string[], why: string): void {
		for (const id of ids) this.skip(id, why);
	}

	/** Whether a check with this id failed. */
	failed(id: string): boolean {
		return this.all.some((check) => check.id === this.idOf(id) && check.ok === false);
	}

	/** The result so far. */
	diagnosis(): Diagnosis {
		return { ok: this.all.every(({ ok }) => ok !== false), checks: this.all };
	}

	#add(id: string, ok: boolean | null, text: string, hint: string): void {
		const late = ok === false && this.#signal.aborted;
		const check: DiagnosisCheck = {
			id: this.idOf(id),
			ok: late ? null : ok,
			text: late ? "The time for the diagnosis was over." : printable(text),
			hint: late ? "" : printable(hint),
		};
		this.all.push(check);
		this.#onCheck?.(check);
	}
}

const MAX_SHOWN_CHARACTERS = 120;
const MAX_TEXT_CHARACTERS = 2000;

/** A text of the other side as a short quotation. */
export function quoted(text: string, max = MAX_SHOWN_CHARACTERS): string {
	const line = printable(text.replaceAll("\0", " ")).replace(/\s+/g, " ").trim();
	return `"${line.length > max ? `${line.slice(0, max)}…` : line}"`;
}

/** `127.0.0.1:9000`, `[::1]:9000`. */
export function hostPort(host: string, port: number): string {
	return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** A time for people: `3 ms`. */
export function inMs(ms: number): string {
	return `${Math.max(1, Math.round(ms))} ms`;
}

// Texts of servers and pages must not be able to control the user's terminal.
function printable(text: string): string {
	return text
		.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => (/\s/.test(character) ? " " : "\ufffd"))
		.slice(0, MAX_TEXT_CHARACTERS);
}
