// A proxy in front of the real chat that changes what the chat sends, so that each chat case has a server that fails it.

import { connect, type Socket } from "node:net";
import { type BadServer, eachDocument, listening, terminated } from "./server.ts";

/** Changes a document of the chat; `undefined` drops it. `all` are the connections of all clients. */
type Spoil = (document: string, client: Socket, all: ReadonlySet<Socket>) => string | undefined;

/** What is spoiled, and the cases that must fail. */
export interface SpoiledRow {
	readonly title: string;
	readonly spoil: Spoil;
	readonly fails: readonly string[];
}

export const SPOILED: readonly SpoiledRow[] = [
	{
		title: "sends its limits without a session",
		spoil: (document) => document.replace(/(<welcome [^>]*)session="[^"]*"/, "$1"),
		fails: ["chat-welcome"],
	},
	{
		title: "answers every <ping> with the same id",
		spoil: (document) => document.replace(/^<pong id="[^"]*"/, '<pong id="1"'),
		fails: ["chat-ping", "chat-error", "chat-unknown"],
	},
	{
		title: "sends the speaker's id to everybody but the speaker",
		spoil: (document) => document.replace(/^(<said .*) id="[^"]*"/, "$1"),
		fails: ["chat-said"],
	},
	{
		title: "writes attributes in double quotes again",
		spoil: (document) => document.replace(/^<sent .*$/s, (sent) => sent.replaceAll("'", '"')),
		fails: ["chat-verbatim"],
	},
	{
		title: "ends the connection for what it refuses",
		spoil: (document, client) => {
			if (!document.startsWith("<error")) return document;
			client.end();
			return undefined;
		},
		fails: ["chat-error"],
	},
	{
		title: "sends private messages to all",
		spoil: (document, client, all) => {
			if (document.startsWith("<told ")) for (const each of all) if (each !== client) each.write(terminated(document));
			return document;
		},
		fails: ["chat-tell"],
	},
];

/** Starts the proxy in front of a daemon. */
export const spoiledChat = (daemonPort: number, spoil: Spoil): Promise<BadServer> =>
	listening((client, all) => {
		const daemon = connect(daemonPort, "127.0.0.1");
		daemon.on("error", () => client.destroy());
		client.on("close", () => daemon.destroy());
		client.pipe(daemon);
		eachDocument(daemon, (document) => {
			const text = spoil(document.toString(), client, all);
			if (text !== undefined && client.writable) client.write(terminated(text));
		});
		daemon.on("end", () => client.end());
	});
