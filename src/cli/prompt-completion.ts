// What Tab completes in the prompt of `connect`: elements and attributes of the chat, the element to close, and names that went by: elements, rooms,
// people.

/** The elements that a chat accepts, with the attributes that people type. */
const CHAT: Readonly<Record<string, readonly string[]>> = {
	hello: ["name", "token"],
	join: ["room", "after", "key"],
	leave: ["room"],
	say: ["room", "id"],
	send: ["room", "id"],
	tell: ["to", "id"],
	who: ["room"],
	rooms: [],
	history: ["room", "before", "limit"],
	topic: ["room"],
	kick: ["room", "name"],
	ban: ["room", "name", "for", "reason"],
	mute: ["room", "name", "for", "reason"],
	unban: ["room", "name"],
	unmute: ["room", "name"],
	bans: ["room"],
	mutes: ["room"],
	invite: ["room", "name"],
	settings: ["room", "slow", "private"],
	ping: ["id"],
};
const MAX_NAMES = 200;

/** Collects names, and completes a line. */
export class PromptCompletion {
	readonly #elements = new Set(Object.keys(CHAT));
	readonly #rooms = new Set(["lobby"]);
	readonly #people = new Set<string>();

	/** Notes the names in a document that was sent or arrived. */
	note(text: string): void {
		add(this.#elements, /^<([\w:.-]+)/.exec(text)?.[1]);
		for (const [, room] of text.matchAll(/(?:<room name| room)="([^"<>&]+)"/g)) add(this.#rooms, room);
		for (const [, person] of text.matchAll(/<(?:member|enter|said|told)\b[^<>]*? (?:name|from)="([^"<>&]+)"/g))
			add(this.#people, person);
	}

	/** What can follow at the end of a line, and the part of the line that it replaces. */
	complete(line: string): [string[], string] {
		const command = /^\/\w*$/.exec(line);
		if (command) return matching(["/help", "/quit"], line);
		const closing = /<\/[\w:.-]*$/.exec(line)?.[0];
		if (closing !== undefined) {
			const open = openElement(line.slice(0, -closing.length));
			return matching(open === undefined ? [] : [`</${open}>`], closing);
		}
		const element = /<[^\s<>/="']*$/.exec(line)?.[0];
		if (element !== undefined)
			return matching(
				Array.from(this.#elements, (name) => `<${name}`),
				element,
			);
		const tag = /<([\w:.-]+)(?:\s+[\w:.-]+="[^"]*")*\s+(?:([\w:.-]+)="([^"]*)|([\w:.-]*))$/.exec(line);
		if (!tag) return [[], line];
		const [, name = "", attribute, value = "", begun = ""] = tag;
		if (attribute === undefined)
			return matching(
				(CHAT[name] ?? []).map((each) => `${each}="`),
				begun,
			);
		const values = attribute === "room" ? this.#rooms : ["to", "name"].includes(attribute) ? this.#people : [];
		return matching(
			Array.from(values, (each) => `${each}"`),
			value,
		);
	}
}

function add(names: Set<string>, name: string | undefined): void {
	if (name !== undefined && names.size < MAX_NAMES) names.add(name);
}

function matching(known: readonly string[], wanted: string): [string[], string] {
	return [known.filter((each) => each.startsWith(wanted)).sort(), wanted];
}

/** The innermost element that a text leaves open. */
function openElement(text: string): string | undefined {
	const open: string[] = [];
	for (const [, end, name = "", , empty] of text.matchAll(/<(\/?)([\w:.-]+)((?:[^<>"']|"[^"]*"|'[^']*')*?)(\/?)>/g)) {
		if (end) open.splice(open.lastIndexOf(name));
		else if (!empty) open.push(name);
	}
	return open.at(-1);
}
