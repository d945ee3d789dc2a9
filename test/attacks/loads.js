// What the honest load says to each kind of target, and how it knows its own messages again. A message carries its sender, its room,
// its number and the time at which it was to be sent; nothing else is needed to find what is lost, twice, out of order or late.

/**
 * @typedef {object} Load
 * @property {readonly ("stored" | "live")[]} rooms of what kind the rooms are
 * @property {readonly ("tcp" | "ws")[]} by how members connect, in turns
 * @property {string} [path] of the WebSocket
 * @property {boolean} alone whether a message comes back to its sender only
 * @property {(number: number) => readonly string[]} enter what a member sends first
 * @property {(document: string) => number} entered how many of the signs that it has entered a document is
 * @property {number} signs how many it waits for
 * @property {(room: number, id: string, text: string) => string} say
 */

const CHAT_ROOMS = ["lobby", "arena"];
const OWN = />h\|(\d+)\|(\d+)\|(\d+)\|([\d.]+)<\//;

/** @type {Record<string, Load>} */
export const LOADS = {
	chat: {
		rooms: ["stored", "live"],
		by: ["tcp", "ws"],
		alone: false,
		enter: (number) => [
			`<hello name="honest-${number}"/>`,
			...CHAT_ROOMS.map((room) => `<join room="${room}" after="-1"/>`),
		],
		entered: (document) => (document.startsWith("<joined ") ? 1 : 0),
		signs: CHAT_ROOMS.length,
		say: (room, id, text) => `<say room="${CHAT_ROOMS[room]}" id="${id}">${text}</say>`,
	},
	// Through the gateway to the target that the harness runs, and back.
	gateway: {
		rooms: ["live"],
		by: ["ws"],
		path: "/gateway/echo",
		alone: true,
		enter: () => ["<m>hello</m>"],
		entered: (document) => (document === "<m>hello</m>" ? 1 : 0),
		signs: 1,
		say: (_room, _id, text) => `<m>${text}</m>`,
	},
	// An application of scripts that sends what it gets to all of its clients.
	scripts: {
		rooms: ["live"],
		by: ["tcp", "ws"],
		alone: false,
		enter: (number) => [`<hello>member ${number}</hello>`],
		entered: (document) => (document.startsWith("<welcome") ? 1 : 0),
		signs: 1,
		say: (_room, _id, text) => `<all>${text}</all>`,
	},
};

/** @param {number} sender @param {number} room @param {number} n @param {number} intendedMs */
export function messageText(sender, room, n, intendedMs) {
	return `h|${sender}|${room}|${n}|${intendedMs.toFixed(2)}`;
}

/**
 * The message in a document, if it is one of the honest load's.
 *
 * @param {string} document
 */
export function readMessage(document) {
	const found = OWN.exec(document);
	if (!found) return undefined;
	const [sender, room, n, intendedMs] = found.slice(1).map(Number);
	return /** @type {{ sender: number, room: number, n: number, intendedMs: number }} */ ({
		sender,
		room,
		n,
		intendedMs,
	});
}
