// @ts-check
// The login, rooms and messages of SmartFoxServer 1.x, as a plug-in of the daemon:
//
//   npx xmlsocket serve --port 9339 --app examples/smartfox/server.mjs
//
// Clients of that kind send XML (<msg t='sys'>…) and text between percent signs (%xt%…%), each followed by a zero byte. The daemon
// answers the policy file, cuts the documents, and limits sizes, rates and connections.

import { createHash, randomBytes } from "node:crypto";
import { attribute, child, find, rootElement, textContent, XML, xml } from "xmlsocket/xml";

/** The version of the client's library: 1.5.3 sends 153, 1.6.5 sends 165. */
const OLDEST_VERSION = 150;
const ROOMS = [
	{ id: 1, name: "Lobby", maxUsers: 50 },
	{ id: 2, name: "Arena", maxUsers: 10 },
];
/** Your game has its users in a database, with hashes of their passwords. */
const PASSWORDS = new Map([
	["ann", "tea"],
	["bob", "coffee"],
]);
const MAX_NAME = 32;

/** Those who have logged in, by their number. @type {Map<number, Player>} */
const players = new Map();
let lastId = 0;

class Player {
	id = 0;
	name = "";
	/** The number of the room; -1: in none. */
	room = -1;
	/** Salt of the password, where the client asks for one. */
	key = "";

	/** @param {import("xmlsocket/server").Peer} peer */
	constructor(peer) {
		this.peer = peer;
	}

	/** @param {string} action @param {number} room @param {unknown} [content] */
	system(action, room, content = "") {
		this.peer.send(system(action, room, content));
	}

	/** Sends to the others in the room. @param {string} text */
	others(text) {
		for (const other of players.values()) if (other.room === this.room && other !== this) other.peer.send(text);
	}

	/** @param {number} id */
	join(id) {
		const room = ROOMS.find((one) => one.id === id);
		if (!room) return this.system("joinKO", this.room, `<error msg="There is no such room." />`);
		if (id === this.room) return this.system("joinKO", id, `<error msg="You are in this room already." />`);
		if (inRoom(id).length >= room.maxUsers)
			return this.system("joinKO", this.room, `<error msg="The room is full." />`);
		this.leave();
		this.room = id;
		const list = inRoom(id).map((player) => userXml(player));
		this.system("joinOK", id, `<pid id='0'/><vars /><uLs r='${id}'>${list.join("")}</uLs>`);
		this.others(system("uER", id, userXml(this)));
	}

	leave() {
		if (this.room === -1) return;
		this.others(system("userGone", this.room, `<user id='${this.id}' />`));
		this.room = -1;
	}
}

/** What clients can ask for, by its action. @type {Map<unknown, (player: Player, body: import("xmlsocket/xml").XMLNode) => void>} */
const SYSTEM = new Map([
	[
		"verChk",
		(player, body) => {
			const version = Number(attribute(child(body, "ver") ?? body, "v"));
			if (version >= OLDEST_VERSION) return player.system("apiOK", 0);
			player.system("apiKO", 0);
			player.peer.end();
		},
	],
	[
		"rndK",
		(player) => {
			player.key = randomBytes(8).toString("hex");
			player.system("rndK", -1, `<k>${player.key}</k>`);
		},
	],
	["login", login],
	["getRmList", (player) => player.system("rmList", 0, `<rmList>${ROOMS.map(roomXml).join("")}</rmList>`)],
	["autoJoin", loggedIn((player) => player.join(1))],
	["joinRoom", loggedIn((player, body) => player.join(Number(attribute(child(body, "room") ?? body, "id"))))],
	[
		"leaveRoom",
		loggedIn((player) => {
			const { room } = player;
			player.leave();
			player.system("leaveRoom", room, `<rm id='${room}' />`);
		}),
	],
	[
		"pubMsg",
		loggedIn((player, body) => {
			const text = child(body, "txt");
			if (!text || player.room === -1) return;
			const message = system("pubMsg", player.room, `<user id='${player.id}' /><txt>${cdata(textContent(text))}</txt>`);
			player.others(message);
			player.peer.send(message);
		}),
	],
	["roundTrip", loggedIn((player) => player.system("roundTripRes", player.room))],
]);

/** Commands of the game's extension: %xt%NAME%COMMAND%ROOM%…%. @type {Map<unknown, (player: Player, values: string[]) => void>} */
const EXTENSION = new Map([
	// A heartbeat is answered.
	["h", (player) => player.peer.send(`%xt%h%${player.room}%`)],
	[
		"mv",
		(player, [x, y]) => {
			if (Number.isFinite(Number(x)) && Number.isFinite(Number(y)))
				player.others(`%xt%mv%${player.room}%${player.id}%${Number(x)}%${Number(y)}%`);
		},
	],
]);

/** @param {Player} player @param {import("xmlsocket/xml").XMLNode} body */
function login(player, body) {
	const asked = find(body, "login/nick");
	const given = find(body, "login/pword");
	const refuse = (/** @type {string} */ why) => player.system("logKO", 0, xml`<login e=${why} />`);
	if (!asked || !given) return refuse("The login has no name.");
	if (player.id > 0) return refuse("You are logged in.");
	const id = ++lastId;
	// Without a name the server chooses one.
	const name = textContent(asked).trim() || `Guest_${id}`;
	if (name.length > MAX_NAME) return refuse(`A name has at most ${MAX_NAME} characters.`);
	const password = PASSWORDS.get(name.toLowerCase());
	if (password !== undefined && !matches(textContent(given), password, player.key))
		return refuse("The password is wrong.");
	if ([...players.values()].some((other) => other.name.toLowerCase() === name.toLowerCase()))
		return refuse("The name is taken.");
	Object.assign(player, { id, name, key: "" });
	players.set(id, player);
	// Games with an extension answer their own document here instead, such as %xt%l%-1%…%.
	player.system("logOK", 0, xml`<login n=${name} id=${id} mod='0'/>`);
}

/** The password itself, or the MD5 of the key and the password. @param {string} given @param {string} password @param {string} key */
function matches(given, password, key) {
	return (
		given === password ||
		(key !== "" &&
			given ===
				createHash("md5")
					.update(key + password)
					.digest("hex"))
	);
}

/** @param {(player: Player, body: import("xmlsocket/xml").XMLNode) => void} handle */
function loggedIn(handle) {
	return (/** @type {Player} */ player, /** @type {import("xmlsocket/xml").XMLNode} */ body) => {
		if (player.id > 0) handle(player, body);
	};
}

const inRoom = (/** @type {number} */ id) => [...players.values()].filter((player) => player.room === id);
const system = (/** @type {string} */ action, /** @type {number} */ room, /** @type {unknown} */ content = "") =>
	`<msg t='sys'><body action='${action}' r='${room}'>${content}</body></msg>`;
// Clients that search in the text, instead of parsing it, expect names and messages in CDATA.
const cdata = (/** @type {string} */ text) => `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
const userXml = (/** @type {Player} */ { id, name }) =>
	`<u i='${id}' m='0' s='0' p='0'><n>${cdata(name)}</n><vars></vars></u>`;
const roomXml = (/** @type {typeof ROOMS[number]} */ { id, name, maxUsers }) =>
	`<rm id='${id}' priv='0' temp='0' game='0' ucnt='${inRoom(id).length}' maxu='${maxUsers}' maxs='0'><n>${cdata(name)}</n></rm>`;

/** @type {import("xmlsocket/server").Application} */
export default {
	output: "text",
	open(peer) {
		const player = new Player(peer);
		return {
			document(text) {
				if (text.startsWith("%xt%")) {
					const [, , , command, , ...values] = text.split("%");
					if (player.room !== -1) EXTENSION.get(command)?.(player, values);
					return;
				}
				const body = child(rootElement(new XML(text)) ?? new XML(), "body");
				if (body) SYSTEM.get(attribute(body, "action"))?.(player, body);
			},
			closed() {
				player.leave();
				players.delete(player.id);
			},
		};
	},
};
