// The HTML client of the demo: a name, the messages of one room, and a line to write. It is a client like any other; `openChat` does the work.

import { button, make, setText } from "../../console/dom.ts";
import { type Chat, openChat, type Room } from "../../src/browser/index.ts";

const ROOM = "lobby";

/** Opens the client in `pane`. @returns a function that ends it. */
export function chatPane(pane: HTMLElement, address: string): () => void {
	const log = make("ol", "demo-log");
	log.setAttribute("aria-label", "Messages");
	log.setAttribute("aria-live", "polite");
	const members = make("p", "demo-note");
	const field = make("input", "demo-field");
	field.placeholder = "Write to the lobby";
	field.setAttribute("aria-label", "Message");
	field.maxLength = 500;
	const form = make(
		"form",
		"demo-write",
		field,
		button("Send", "demo-send", () => form.requestSubmit()),
	);
	pane.append(members, log, form);

	let chat: Chat | undefined;
	let room: Room | undefined;
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		const text = field.value.trim();
		if (text === "" || !room) return;
		field.value = "";
		room.say(text).catch((error: Error) => line("demo-event", error.message));
	});

	function line(className: string, ...contents: (Node | string)[]): void {
		const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
		log.append(make("li", className, ...contents));
		if (isAtEnd) log.scrollTop = log.scrollHeight;
	}

	function showMembers(): void {
		setText(members, `In the lobby: ${chat?.rooms.get(ROOM)?.members.join(", ") ?? ""}`);
	}

	async function open(): Promise<void> {
		chat = await openChat(address, { name: "you" });
		room = await chat.join(ROOM, {
			on: {
				message: ({ from, text }) => line("demo-said", make("b", "", from), ` ${text}`),
				enter: ({ name }) => {
					line("demo-event", `${name} is here`);
					showMembers();
				},
				exit: ({ name }) => {
					line("demo-event", `${name} has left`);
					showMembers();
				},
				members: showMembers,
			},
		});
		showMembers();
	}
	open().catch((error: unknown) => line("demo-event", `The client could not start: ${String(error)}`));
	return () => void chat?.close();
}

/** A second client without a page: it greets those who come. @returns a function that ends it. */
export function guide(address: string): () => void {
	let chat: Chat | undefined;
	async function open(): Promise<void> {
		chat = await openChat(address, { name: "guide" });
		const room = await chat.join(ROOM, {
			on: { enter: ({ name }) => void room.say(`Hello, ${name}!`).catch(() => {}) },
		});
		await room.say("This server runs inside your page. Write something, or start the Flash client.");
	}
	void open().catch(() => {});
	return () => void chat?.close();
}
