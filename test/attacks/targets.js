// What can be attacked: the daemon with its default options first, then with those that an attack needs, and the other servers.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Broker, freePort, HERE } from "../faults/processes.js";
import { seeded } from "../faults/random.js";
import { certificateFlags } from "./certificate.js";

/**
 * @typedef {object} TargetKind
 * @property {string} name
 * @property {string} load which honest load it gets
 * @property {readonly string[]} command
 * @property {boolean} proxy whether the command has `--host` and `--trust-proxy`
 * @property {(given: { folder: string, echoPort: number }) => readonly string[]} [flags]
 * @property {(folder: string) => Promise<Beside>} [beside] starts what it needs beside it
 */

/** @typedef {{ flags: readonly string[], close: () => Promise<unknown> }} Beside */

/** The daemon. @type {TargetKind} */
export const DAEMON = { name: "daemon", load: "chat", command: ["serve"], proxy: true };

/** With a certificate. @type {TargetKind} */
export const TLS_DAEMON = { ...DAEMON, name: "daemon with TLS", flags: ({ folder }) => certificateFlags(folder) };

/** With a file of tokens. @type {TargetKind} */
export const TOKEN_DAEMON = {
	...DAEMON,
	name: "daemon with tokens",
	flags({ folder }) {
		const file = join(folder, "tokens");
		writeFileSync(file, "0d5e1b7a94c24c0f ann\n7f3c9a6be2d14b58 bob operator\n", { mode: 0o600 });
		return ["--token-file", file];
	},
};

/** With topics that everyone may set. @type {TargetKind} */
export const OPEN_TOPICS_DAEMON = { ...DAEMON, name: "daemon with open topics", flags: () => ["--topics", "everyone"] };

/** With room for few connections. @type {TargetKind} */
export const SMALL_DAEMON = { ...DAEMON, name: "small daemon", flags: () => ["--max-connections", "200"] };

/** With a NATS server for its stored rooms, as one of a cluster. @type {TargetKind} */
export const CLUSTER_DAEMON = {
	...DAEMON,
	name: "daemon on NATS",
	async beside(folder) {
		const port = await freePort(seeded(folder, process.pid));
		const broker = new Broker({ folder, name: "broker", port, routes: [], machine: HERE });
		await broker.start();
		return { flags: ["--nats", `nats://${HERE.address}:${port}`], close: () => broker.end("SIGTERM") };
	},
};

/** The gateway, before an echo that the harness runs. @type {TargetKind} */
export const GATEWAY = {
	name: "gateway",
	load: "gateway",
	command: ["gateway"],
	proxy: true,
	flags: ({ echoPort }) => [`echo=127.0.0.1:${echoPort}?private=yes`, `silent=127.0.0.1:1?private=yes`],
};

/** The page of a movie, with the same echo behind it. @type {TargetKind} */
export const PLAY = {
	name: "play",
	load: "gateway",
	command: ["play"],
	proxy: false,
	flags({ folder, echoPort }) {
		const movie = join(folder, "movie.swf");
		// The header of an empty movie: no frame, no tag but the last.
		writeFileSync(movie, Buffer.from([0x46, 0x57, 0x53, 6, 17, 0, 0, 0, 0, 0, 12, 1, 0, 0x40, 0, 0, 0]));
		return [movie, "--no-open", "--allow", `echo=127.0.0.1:${echoPort}?private=yes`];
	},
};

/** The script host. @type {TargetKind} */
export const SCRIPTS = {
	name: "scripts",
	load: "scripts",
	command: ["run"],
	proxy: true,
	flags({ folder }) {
		const script = join(folder, "main.asc");
		writeFileSync(script, APPLICATION);
		return [script];
	},
};

/** Sends what it gets to all. */
const APPLICATION = `application.onConnect = function (client) {
	application.acceptConnection(client);
};
Client.prototype.hello = function (doc) {
	this.send("<welcome/>");
};
Client.prototype.all = function (doc) {
	var text = doc.toString();
	for (var i = 0; i < application.clients.length; i++) application.clients[i].send(text);
};
Client.prototype.echo = function (doc) {
	return doc;
};
Client.prototype.loop = function (doc) {
	var end = new Date().getTime() + 200;
	while (new Date().getTime() < end);
};
Client.prototype.fail = function (doc) {
	throw new Error("on purpose");
};
Client.prototype.say = function (doc) {
	trace("a line of the log");
};
`;
