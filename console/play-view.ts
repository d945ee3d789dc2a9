// Draws the movie's sockets, the targets that it may reach, and one problem at a time with what to do about it.

import { copyText } from "./clipboard.ts";
import { button, byId, make, setAttribute, setChildren, setText } from "./dom.ts";
import { type SocketLine, socketName } from "./play-sockets.ts";

/** Something that keeps the movie from playing. */
export interface Problem {
	readonly title: string;
	readonly words: string;
	readonly hint: string;
	/** A line to copy. */
	readonly command?: string;
}

const STATES: Readonly<Record<SocketLine["state"], string>> = {
	dialling: "connecting…",
	open: "open",
	closed: "closed",
	failed: "failed",
	refused: "not allowed",
};
const rows = new Map<SocketLine, HTMLElement>();

/** Shows a problem in place of the player. */
export function showProblem(problem: Problem): void {
	setText(byId("problem-title", HTMLElement), problem.title);
	setText(byId("problem-words", HTMLElement), problem.words);
	setText(byId("problem-hint", HTMLElement), problem.hint);
	setText(byId("problem-command", HTMLElement), problem.command ?? "");
	byId("problem", HTMLElement).hidden = false;
	setState("not playing");
}

/** Sets the line next to the title. */
export function setState(words: string): void {
	setText(byId("state", HTMLElement), words);
}

/** What the buttons of a socket do. */
export interface SocketActions {
	/** Allows the target of the line, and plays the movie again. */
	allow(line: SocketLine): void;
}

/** Draws the sockets, the newest first. */
export function drawSockets(lines: readonly SocketLine[], actions: SocketActions): void {
	for (const line of rows.keys()) if (!lines.includes(line)) rows.delete(line);
	byId("none", HTMLElement).hidden = lines.length > 0;
	setChildren(byId("sockets", HTMLElement), lines.map((line) => row(line, actions)).reverse());
}

/** Announces a change to screen readers. */
export function announce(words: string): void {
	setText(byId("announced", HTMLElement), words);
}

/** Draws the targets that the movie may reach. */
export function drawAllowed(names: readonly string[]): void {
	const items = names.map((name) => make("li", "", make("bdi", "", name)));
	setChildren(
		byId("allowed", HTMLElement),
		items.length > 0 ? items : [make("li", "muted", "nothing: add --allow HOST:PORT to the command")],
	);
}

/** Shows something else that the page blocked, each once. */
export function note(words: string): void {
	const notes = byId("notes", HTMLElement);
	if (notes.childElementCount >= 20 || [...notes.children].some((item) => item.textContent === words)) return;
	byId("notes-title", HTMLElement).hidden = false;
	notes.append(make("li", "", words));
}

function row(line: SocketLine, actions: SocketActions): HTMLElement {
	let item = rows.get(line);
	if (!item) {
		const name = make("bdi", "socket-name", socketName(line));
		item = make(
			"li",
			"socket",
			make("p", "socket-line", name, make("span", "socket-state")),
			make("p", "socket-words"),
			make("pre", "socket-hint"),
			make("p", "socket-bytes"),
			make("p", "socket-actions"),
		);
		rows.set(line, item);
	}
	const [head, words, hint, bytes, buttons] = [...item.children] as HTMLElement[];
	setAttribute(item, "class", `socket ${line.state}`);
	setText(
		head!.lastElementChild as HTMLElement,
		line.times > 1 ? `${STATES[line.state]}, ${line.times} times` : STATES[line.state],
	);
	setText(words!, line.words);
	words!.hidden = line.words === "";
	setText(hint!, line.command);
	setText(bytes!, `${size(line.sent)} sent, ${size(line.received)} received`);
	// Bytes that no target received do not count as sent.
	if (line.command !== "" && buttons!.childElementCount === 0) {
		if (line.allow !== "")
			buttons!.append(button("Allow and play again", "small-button primary", () => actions.allow(line)));
		buttons!.append(button("Copy the command", "small-button", () => void copyCommand(line)));
	}
	bytes!.hidden = line.state === "refused" || (line.state === "failed" && line.received === 0);
	return item;
}

async function copyCommand(line: SocketLine): Promise<void> {
	announce((await copyText(line.command)) ? "The command was copied." : "The browser refused to copy.");
}

function size(bytes: number): string {
	if (bytes < 1024) return `${bytes} B`;
	if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
	return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
