// How a new connection becomes a client that receives messages. A chat answers its <join>; an echo server returns a document; a relay, which
// may count a silent connection as a client only after some time, passes on a document of another client.

import type { LoadClient, LoadListener } from "./load-client.ts";
import { enteringDocuments, probeDocument } from "./protocol.ts";
import type { BenchMode } from "./report.ts";

/** A probe that did not arrive everywhere is sent again. */
const RESEND_MS = 300;
const MOST_TEXT = 4096;
const ENDED = "the server ended new connections at once";

/** What it needs to know. */
export interface EntranceParts {
	readonly mode: BenchMode;
	readonly returns: boolean;
	readonly tag: string;
	readonly terminator: Uint8Array;
	readonly timeoutMs: number;
}

/** Brings clients in. */
export class Entrance {
	/** From the `<limits>` of a chat. */
	documentsPerSecond: number | undefined;
	readonly #parts: EntranceParts;
	#names = 0;
	#probes = 0;

	constructor(parts: EntranceParts) {
		this.#parts = parts;
	}

	/** Resolves with undefined as soon as the client receives messages (for a relay: at once), or with why it will not. */
	async enter(client: LoadClient, room: string): Promise<string | undefined> {
		const { mode, tag } = this.#parts;
		if (mode === "relay") return undefined;
		if (mode === "echo") {
			const probe = `${tag}e${this.#probes++}z`;
			this.#write(client, probeDocument(probe));
			return await this.#wait(client, (text) => text.includes(probe), "returned no document");
		}
		for (const document of enteringDocuments(`bench-${tag}-${++this.#names}`, room)) this.#write(client, document);
		return await this.#wait(
			client,
			(text) => {
				this.documentsPerSecond ??= Number(/<limits [^>]*\brate="(\d{1,9})"/.exec(text)?.[1]) || undefined;
				return text.includes("<joined ");
			},
			"did not answer <join>",
		);
	}

	/** For a relay: resolves when each of the new clients receives documents of the others. Returns why some do not, and ends those. */
	async waitForAll(clients: readonly LoadClient[], added: readonly LoadClient[]): Promise<string[]> {
		if (this.#parts.mode !== "relay") return [];
		const probe = `${this.#parts.tag}r${this.#probes++}z`;
		const prober = clients.find(({ isClosed }) => !isClosed);
		const others = added.filter((client) => client !== prober || this.#parts.returns);
		const seen = new Set<LoadClient>();
		for (const client of others) {
			const text = new ReceivedText((all) => {
				if (all.includes(probe)) seen.add(client);
			});
			client.listener = text;
		}
		const isWaiting = (): boolean => others.some((client) => !client.isClosed && !seen.has(client));
		const beganMs = performance.now();
		for (let sentMs = Number.NEGATIVE_INFINITY; isWaiting() && performance.now() - beganMs < this.#parts.timeoutMs; ) {
			if (performance.now() - sentMs >= RESEND_MS) {
				sentMs = performance.now();
				if (prober) this.#write(prober, probeDocument(probe));
			}
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
		const reasons: string[] = [];
		for (const client of added) {
			if (client.isClosed) reasons.push(client.error ?? ENDED);
			else if (others.includes(client) && !seen.has(client)) {
				reasons.push("the server passed no document on to them");
				client.destroy();
				client.isClosed = true;
			}
			client.detach();
		}
		return reasons;
	}

	/** Keeps a client that sends nothing from being idle. */
	keepAlive(client: LoadClient): void {
		if (this.#parts.mode === "chat") this.#write(client, "<ping />");
	}

	#wait(client: LoadClient, isIn: (text: string) => boolean, otherwise: string): Promise<string | undefined> {
		return new Promise((resolve) => {
			const settle = (refusal: string | undefined): void => {
				clearTimeout(timer);
				client.detach();
				resolve(refusal);
			};
			const timer = setTimeout(
				() => settle(`the server ${otherwise} within ${this.#parts.timeoutMs / 1000} s`),
				this.#parts.timeoutMs,
			);
			client.listener = new ReceivedText(
				(text) => {
					const error = /<error [^>]*>[^<]{0,300}/.exec(text)?.[0];
					if (isIn(text)) settle(undefined);
					else if (error !== undefined) settle(`the server answered ${error}</error>${hintOf(error)}`);
				},
				() => settle(client.error ?? ENDED),
			);
			if (client.isClosed) settle(client.error ?? ENDED);
		});
	}

	#write(client: LoadClient, document: string): void {
		client.write(Buffer.concat([Buffer.from(document), this.#parts.terminator]));
	}
}

function hintOf(error: string): string {
	if (error.includes('"token-invalid"')) return ". Start it without --no-guests for the test.";
	if (error.includes('"room-unknown"')) return ". Name a room that exists, for example --room lobby.";
	return "";
}

/** Shows the end of what a client has received. */
class ReceivedText implements LoadListener {
	readonly #changed: (text: string) => void;
	readonly #closed: () => void;
	#text = "";

	constructor(changed: (text: string) => void, closed: () => void = () => {}) {
		this.#changed = changed;
		this.#closed = closed;
	}

	received(_: LoadClient, bytes: Buffer): void {
		const text = this.#text + bytes.toString("utf8");
		this.#text = text.slice(-MOST_TEXT);
		this.#changed(text);
	}

	closed(): void {
		this.#closed();
	}
}
