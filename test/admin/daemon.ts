// A daemon with an admin API for tests: in this process on a real port, with raw clients; and a client of the API.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAdmin } from "../../src/admin/index.ts";
import type { Application } from "../../src/application/index.ts";
import {
	type ChatApplication,
	type ChatOptions,
	createChat,
	createServer,
	type Server,
} from "../../src/server/index.ts";
import type { ServerOptions } from "../../src/server/options.ts";
import { RawClient, recordingLog } from "../server/peers.ts";

export const TOKEN = "0123456789abcdef-ann";

/** What the API answered. */
export interface Answer {
	readonly status: number;
	readonly headers: Headers;
	// biome-ignore lint/suspicious/noExplicitAny: each test knows the answer that it asks for
	readonly body: any;
}

/** A client of the API. */
export class AdminClient {
	readonly base: string;
	readonly #token: string | null;

	constructor(port: number, token: string | null = TOKEN, basePath = "/") {
		this.base = `http://127.0.0.1:${port}${basePath}xmlsocket/admin/api/`;
		this.#token = token;
	}

	get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
		return this.request("GET", path, undefined, headers);
	}

	post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
		return this.request("POST", path, typeof body === "string" ? body : JSON.stringify(body), headers);
	}

	async request(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Answer> {
		const authorization = this.#token === null ? {} : { authorization: `Bearer ${this.#token}` };
		const response = await fetch(this.base + path, {
			method,
			headers: { ...authorization, ...headers },
			...(body === undefined ? {} : { body }),
		});
		const text = await response.text();
		return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
	}

	/** Opens the stream of events. */
	async events(path = "events"): Promise<EventReader> {
		const abort = new AbortController();
		const response = await fetch(this.base + path, {
			headers: { authorization: `Bearer ${this.#token}` },
			signal: abort.signal,
		});
		if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
		return new EventReader(response, abort);
	}
}

/** Reads server-sent events. */
export class EventReader {
	// biome-ignore lint/suspicious/noExplicitAny: each test knows the events that it waits for
	readonly events: { readonly event: string; readonly data: any }[] = [];
	readonly ended: Promise<void>;
	readonly #abort: AbortController;

	constructor(response: Response, abort: AbortController) {
		this.#abort = abort;
		this.ended = this.#read(response).catch(() => {});
	}

	/** Those of one kind. */
	// biome-ignore lint/suspicious/noExplicitAny: as above
	all(event: string): any[] {
		return this.events.filter((each) => each.event === event).map(({ data }) => data);
	}

	close(): void {
		this.#abort.abort();
	}

	async #read(response: Response): Promise<void> {
		let text = "";
		const decoder = new TextDecoder();
		for await (const chunk of response.body!) {
			text += decoder.decode(chunk, { stream: true });
			const blocks = text.split("\n\n");
			text = blocks.pop()!;
			for (const block of blocks) {
				const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block)!;
				this.events.push({ event: event!, data: JSON.parse(data!) });
			}
		}
	}
}

/** A server with an admin API in this process. */
export interface AdminServer {
	readonly server: Server;
	readonly admin: AdminClient;
	readonly tokenFile: string;
	readonly log: ReturnType<typeof recordingLog>;
	/** A raw client with this name, in this room. */
	client(name?: string, room?: string): Promise<RawClient>;
	/** A line for the log of the admin page. */
	logged(line: string): void;
	stop(): Promise<void>;
}

/** Starts one. @param application default: a chat. */
export async function startAdmin(
	chatOptions: ChatOptions = {},
	serverOptions: ServerOptions = {},
	application?: Application<"text"> | Application<"bytes">,
): Promise<AdminServer> {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-admin-"));
	const tokenFile = join(folder, "tokens");
	writeFileSync(tokenFile, `# who may\n${TOKEN} ann\n`);
	const log = recordingLog();
	const chat: ChatApplication | undefined = application ? undefined : createChat(chatOptions);
	const admin = createAdmin({
		tokenFile,
		server: () => server,
		chat: chat?.administration,
		log,
		version: "0.0.0",
	});
	const options = { port: 0, connectsPerSecondPerAddress: 10_000, ...serverOptions };
	const running = application ?? chat!;
	const server: Server = createServer({ ...options, application: running, log, routes: [admin.routes] });
	await server.listen();
	const clients: RawClient[] = [];
	return {
		server,
		admin: new AdminClient(server.port, TOKEN, serverOptions.basePath ?? "/"),
		tokenFile,
		log,
		async client(name, room) {
			const client = RawClient.tcp(server.port);
			clients.push(client);
			await client.until((text) => text.includes("<welcome"));
			if (name !== undefined) {
				client.send(`<hello name="${name}"/>\0`);
				await client.until((text) => text.includes(`<welcome name="${name}"`));
			}
			if (room !== undefined) {
				client.send(`<join room="${room}"/>\0`);
				await client.until((text) => text.includes("<joined"));
			}
			return client;
		},
		logged: (line) => admin.logged(line),
		async stop() {
			for (const client of clients) client.socket.destroy();
			await server.close({ graceMs: 0 });
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
