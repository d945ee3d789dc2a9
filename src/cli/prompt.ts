// The prompt of `xmlsocket connect`: a line to edit below what arrives, documents of several lines, a history that is kept across
// runs, and the commands /help and /quit. It knows no connection: it passes on the texts that the user enters.

import { createInterface, emitKeypressEvents, type Interface } from "node:readline";
import { XML } from "../xml/index.ts";
import { isScreen } from "./colour.ts";
import { addToHistory, MAX_HISTORY, readHistory } from "./prompt-history.ts";

/** The terminal marks the beginning and the end of pasted text. */
const MARK_PASTES = "\u001b[?2004h";
const DO_NOT_MARK_PASTES = "\u001b[?2004l";

export interface PromptOptions {
	/** Whether each line is sent by itself, as in an XML stream. */
	readonly eachLine: boolean;
	/** What Tab completes: what can follow at the end of a line, and the part of the line that it replaces. */
	readonly complete: (line: string) => [string[], string];
	/** The user entered a document. */
	readonly entered: (text: string) => void;
}

/** How the prompt ended. */
export type PromptEnd = "closed" | "interrupted";

const HELP = [
	"Each line is a document. An element that is not closed yet continues on the next line; an empty line sends it as it is.",
	"A pasted text is one document, unless each of its lines is a document.",
	"Up and down: earlier lines. Tab: complete. Ctrl+C: discard the line, or end. Ctrl+D or /quit: end.",
	"Lines are kept for the next run, except those with a password or a token, and those that begin with a space.",
];

/** A line editor on this process's terminal. */
export class Prompt {
	/** Settles when the user ends the prompt, or `close()` was called. */
	readonly ended: Promise<PromptEnd>;
	readonly #lines: Interface & { line: string; cursor: number };
	readonly #options: PromptOptions;
	/** The lines so far of a document that is not complete. */
	#begun: string[] = [];
	#isPasting = false;
	#isOver = false;

	constructor(options: PromptOptions) {
		this.#options = options;
		const { stdin, stdout } = process;
		emitKeypressEvents(stdin);
		// Before the editor's own listener, so that it is known that a line belongs to a pasted text.
		stdin.on("keypress", this.#onKeypress);
		this.#lines = createInterface({
			input: stdin,
			output: stdout,
			historySize: MAX_HISTORY,
			history: readHistory(),
			removeHistoryDuplicates: true,
			completer: options.complete,
		}) as Interface & { line: string; cursor: number };
		if (isScreen(stdout)) stdout.write(MARK_PASTES);
		this.#lines.on("line", (line) => this.#line(line));
		this.ended = new Promise((resolve) => {
			let end: PromptEnd = "closed";
			this.#lines.on("SIGINT", () => {
				if (this.#begun.length > 0 || this.#lines.line !== "") {
					this.#begun = [];
					stdout.write("^C\n");
					this.#lines.line = "";
					this.#lines.cursor = 0;
					this.#show();
					return;
				}
				end = "interrupted";
				this.#lines.close();
			});
			this.#lines.once("close", () => {
				this.#isOver = true;
				stdin.off("keypress", this.#onKeypress);
				stdout.write(`${isScreen(stdout) ? DO_NOT_MARK_PASTES : ""}\n`);
				resolve(end);
			});
		});
		this.#show();
	}

	/** Prints above the line that the user is typing, which may take several rows of the terminal. */
	print(write: () => void): void {
		if (this.#isOver || !isScreen(process.stdout)) {
			write();
			return;
		}
		const lines = this.#lines;
		const { line, cursor } = lines;
		// The editor removes the rows of its line when it shows an empty one.
		lines.line = "";
		lines.cursor = 0;
		lines.prompt(true);
		process.stdout.write("\r\u001b[K");
		write();
		lines.line = line;
		lines.cursor = cursor;
		lines.prompt(true);
	}

	close(): void {
		this.#lines.close();
	}

	readonly #onKeypress = (_: unknown, key: { readonly name?: string } | undefined): void => {
		if (key?.name === "paste-start") this.#isPasting = true;
		else if (key?.name === "paste-end") {
			this.#isPasting = false;
			// A paste that ended with a line break is complete; otherwise its last line waits for Enter.
			if (this.#begun.length > 0 && this.#lines.line === "") this.#send();
			else this.#show();
		}
	};

	#line(line: string): void {
		addToHistory(line);
		if (this.#isPasting) {
			this.#begun.push(line);
			return;
		}
		if (this.#begun.length === 0) {
			const command = line.trim();
			if (command === "/quit") {
				this.close();
				return;
			}
			if (command === "/help") process.stdout.write(`${HELP.join("\n")}\n`);
			if (command === "/help" || line === "") {
				this.#show();
				return;
			}
		}
		if (line !== "") this.#begun.push(line);
		if (line !== "" && !this.#options.eachLine && isUnfinished(this.#begun.join("\n"))) this.#show();
		else this.#send();
	}

	#send(): void {
		const lines = this.#begun;
		this.#begun = [];
		const whole = lines.join("\n");
		const apart = lines.filter((line) => line.trim() !== "");
		const areDocuments = this.#options.eachLine || (apart.length > 1 && !isDocument(whole) && apart.every(isDocument));
		for (const text of areDocuments ? apart : [whole]) this.#options.entered(text);
		if (!this.#isOver) this.#show();
	}

	#show(): void {
		if (this.#isOver) return;
		this.#lines.setPrompt(this.#begun.length === 0 ? "> " : "… ");
		this.#lines.prompt(true);
	}
}

// The player's status codes: a CDATA section, declaration, comment, attribute or element that is not closed.
const UNFINISHED = [-2, -3, -4, -5, -8, -9];

/** Whether a text begins an XML element that more lines can complete. */
function isUnfinished(text: string): boolean {
	if (!text.trimStart().startsWith("<")) return false;
	const { status } = new XML(text);
	return UNFINISHED.includes(status) || (status !== 0 && text.lastIndexOf("<") > text.lastIndexOf(">"));
}

function isDocument(text: string): boolean {
	const document = new XML(text.trim());
	return document.status === 0 && document.childNodes.length === 1 && document.firstChild?.nodeType === 1;
}
