// What the Jabber tests share: a proxy that slices what passes it, the peer of another make, an example as a process.

import { spawn } from "node:child_process";
import { connect, createServer, type Server } from "node:net";
import { resolve as resolvePath } from "node:path";
import { client } from "@xmpp/client";
import { until } from "../client/support.ts";
import { passwordOf } from "./prosody.ts";

/**
 * What is said to us, and what we say to the peer. @xmpp/connection decodes each chunk by itself, so that a character cut
 * in two by the network is lost to it: only our side is given characters of several bytes.
 */
export const toUs = (at: number): string => `${at} <&> \u00e9\u{1f600}`;
export const toPeer = (at: number): string => `${at} <&> "'`;

/** A TCP proxy in front of `port` that passes the bytes on one at a time, each in a write of its own. */
export async function slicingProxy(port: number): Promise<{ readonly port: number; close(): Promise<void> }> {
	const server: Server = createServer({ noDelay: true }, (near) => {
		const far = connect({ port, host: "127.0.0.1", noDelay: true });
		for (const [from, to] of [
			[near, far],
			[far, near],
		] as const) {
			let queue: Promise<void> = Promise.resolve();
			from.on("data", (chunk) => {
				queue = queue.then(async () => {
					for (const byte of chunk) {
						to.write(Uint8Array.of(byte));
						await new Promise((next) => setImmediate(next));
					}
				});
			});
			from.on("end", () => void queue.then(() => to.end()));
			from.on("error", () => to.destroy());
		}
	});
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	return {
		port: (server.address() as { port: number }).port,
		close: () => new Promise((done) => server.close(() => done())),
	};
}

/** A user with the client of another make: `user@plain.localhost`. */
export interface Peer {
	readonly jid: string;
	/** The bodies of the chat messages received, with who sent them. */
	readonly received: { readonly from: string; readonly body: string }[];
	send(to: string, body: string, type?: string): Promise<void>;
	/** Enters a multi-user room. */
	enter(room: string, name: string): Promise<void>;
	stop(): Promise<void>;
}

export async function startPeer(port: number, user: string): Promise<Peer> {
	const entity = client({
		service: `xmpp://127.0.0.1:${port}`,
		domain: "plain.localhost",
		username: user,
		password: passwordOf(user),
	});
	const received: { from: string; body: string }[] = [];
	entity.on("error", () => {});
	entity.on("stanza", (stanza) => {
		const body = stanza.is("message") ? stanza.getChildText("body") : null;
		if (body !== null) received.push({ from: String(stanza.attrs.from), body });
	});
	const { xml } = await import("@xmpp/client");
	const jid = String(await entity.start());
	await entity.send(xml("presence"));
	return {
		jid,
		received,
		send: (to, body, type = "chat") => entity.send(xml("message", { to, type }, xml("body", {}, body))),
		enter: (room, name) =>
			entity.send(xml("presence", { to: `${room}/${name}` }, xml("x", { xmlns: "http://jabber.org/protocol/muc" }))),
		stop: async () => {
			await entity.stop();
		},
	};
}

/** An example's process. */
export interface Example {
	readonly output: () => string;
	/** Waits until its output holds a text. */
	says(text: string, times?: number): Promise<void>;
	readonly ended: Promise<number | null>;
	stop(): Promise<number | null>;
}

export function startExample(name: string, flags: readonly string[]): Example {
	const file = resolvePath(import.meta.dirname, "../../examples/xmpp", `${name}.mjs`);
	const child = spawn(process.execPath, [file, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (text) => {
			output += text;
		});
	}
	const ended = new Promise<number | null>((done) => child.once("close", done));
	return {
		output: () => output,
		says: async (text, times = 1) => {
			const said = (): boolean => output.split(text).length > times || child.exitCode !== null;
			await until(said, `"${text}" of ${name}`);
			if (output.split(text).length <= times) throw new Error(`${name} ended: ${output}`);
		},
		ended,
		stop: async () => {
			child.kill("SIGTERM");
			const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
			const code = await ended;
			clearTimeout(timer);
			return code;
		},
	};
}
