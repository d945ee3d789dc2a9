// All attacks, by what they aim at.

import { CHAT } from "./chat.js";
import { CLUSTER } from "./cluster.js";
import { CONNECTIONS } from "./connections.js";
import { DOCUMENTS } from "./documents.js";
import { FLOODS } from "./floods.js";
import { GATEWAY_ATTACKS } from "./gateway.js";
import { HTTP } from "./http.js";
import { MEMORY } from "./memory.js";
import { MIXED } from "./mixed.js";
import { PLAY_ATTACKS, SCRIPT_ATTACKS } from "./play-and-scripts.js";
import { POLICY } from "./policy.js";
import { SLOW_READERS } from "./slow-readers.js";
import { DAEMON } from "./targets.js";
import { TLS } from "./tls.js";
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
 * @property {boolean} [traced] what it does is refused, and each refusal has a counter with a reason
 * @property {boolean} [weakened] it gets through to the weakened daemon
 * @property {() => string | undefined} [absent] why it cannot run here
 * @property {(attacker: import("./toolkit.js").Attacker) => Promise<unknown>} run
 */

/** An attack as its group writes it. @typedef {Omit<Attack, "target"> & { target?: Attack["target"] }} Written */

/** @type {readonly Attack[]} */
export const ATTACKS = [
	...CONNECTIONS,
	...POLICY,
	...DOCUMENTS,
	...CHAT,
	...SLOW_READERS,
	...MEMORY,
	...WEB_SOCKET,
	...HTTP,
	...FLOODS,
	...MIXED,
	...TLS,
	...GATEWAY_ATTACKS,
	...PLAY_ATTACKS,
	...SCRIPT_ATTACKS,
	...CLUSTER,
].map((attack) => ({ target: DAEMON, ...attack }));
