// All attacks, by what they aim at.

import { CHAT } from "./chat.js";
import { CONNECTIONS } from "./connections.js";
import { DOCUMENTS } from "./documents.js";
import { HTTP } from "./http.js";
import { DAEMON } from "./targets.js";
import { WEB_SOCKET } from "./web-socket-attacks.js";

/**
 * @typedef {object} Attack
 * @property {string} name
 * @property {string} what
 * @property {import("./targets.js").TargetKind} target
 * @property {import("./toolkit.js").From} [from] where its connections come from; default: this machine, where no limit of one address applies
 * @property {number} [atLeastSeconds] for attacks that watch a deadline
 * @property {number} [packetBytes]
 * @property {{ files?: number, errors?: "read" | "unread" }} [start] how its target is started
 * @property {boolean} [closedToStrangers] newcomers may be refused while it lasts
 * @property {boolean} [weakened] it gets through to the weakened daemon
 * @property {() => string | undefined} [absent] why it cannot run here
 * @property {(attacker: import("./toolkit.js").Attacker) => Promise<unknown>} run
 */

/** An attack as its group writes it. @typedef {Omit<Attack, "target"> & { target?: Attack["target"] }} Written */

/** @type {readonly Attack[]} */
export const ATTACKS = [...CONNECTIONS, ...DOCUMENTS, ...CHAT, ...WEB_SOCKET, ...HTTP].map((attack) => ({
	target: DAEMON,
	...attack,
}));
