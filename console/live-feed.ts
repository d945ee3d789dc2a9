// The page's connection to the feed of traffic: it reads batches of events, confirms them, sends requests, and reconnects from the last
// event that it has. It draws nothing. The messages are those of tools/traffic/feed-messages.ts.

import { decodeFeedMessage, type FeedMessage, type FeedRequest } from "../src/tools/traffic/index.ts";

type Kind<K extends FeedMessage["kind"]> = Extract<FeedMessage, { readonly kind: K }>;
type WithoutNumber<Request> = Request extends { readonly request: number } ? Omit<Request, "request"> : never;
/** A request that gets an answer. */
export type Asked = WithoutNumber<FeedRequest>;

/** Who handles what arrives. */
export interface LiveFeedHost {
	hello(message: Kind<"hello">, isNewCapture: boolean): void;
	events(message: Kind<"events">): void;
	held(message: Kind<"held">): void;
	/** @param state `lost`: the connection ended, and a new one is tried. */
	state(state: "open" | "lost"): void;
}

/** Why a request was refused. */
export interface Refusal {
	readonly problem: string;
	/** For a filter: the column of the problem, from 1. */
	readonly column?: number | undefined;
}

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5000;
const LOST: Refusal = { problem: "The connection to xmlsocket was lost. Try again when it is back." };

/** The connection, until the page closes. */
export class LiveFeed {
	readonly #url: string;
	readonly #host: LiveFeedHost;
	#socket: WebSocket | undefined = undefined;
	#capture = "";
	#next = 0;
	#waitMs = FIRST_WAIT_MS;
	#requests = 0;
	readonly #waiting = new Map<number, (refusal: Refusal | undefined) => void>();

	/** Connects at once. */
	constructor(url: string, host: LiveFeedHost) {
		this.#url = url;
		this.#host = host;
		this.#connect();
		addEventListener("online", () => this.#connect());
	}

	/** Asks the server. @returns why it refused; undefined: it did it. */
	ask(asked: Asked): Promise<Refusal | undefined> {
		if (this.#socket?.readyState !== WebSocket.OPEN) return Promise.resolve(LOST);
		const request = ++this.#requests;
		this.#send({ ...asked, request } as FeedRequest);
		return new Promise((resolve) => this.#waiting.set(request, resolve));
	}

	#connect(): void {
		if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
		const socket = new WebSocket(this.#url);
		this.#socket = socket;
		socket.binaryType = "arraybuffer";
		socket.addEventListener("message", ({ data }) => {
			if (data instanceof ArrayBuffer) this.#received(new Uint8Array(data));
		});
		socket.addEventListener("close", () => {
			for (const resolve of this.#waiting.values()) resolve(LOST);
			this.#waiting.clear();
			this.#host.state("lost");
			setTimeout(() => this.#connect(), this.#waitMs);
			this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
		});
	}

	#received(bytes: Uint8Array): void {
		const message = decodeFeedMessage(bytes);
		if (message.kind === "hello") {
			const isNew = message.capture !== this.#capture;
			if (isNew) this.#next = 0;
			this.#capture = message.capture;
			this.#waitMs = FIRST_WAIT_MS;
			this.#send({ ask: "start", capture: this.#capture, next: this.#next });
			this.#host.state("open");
			this.#host.hello(message, isNew);
		} else if (message.kind === "events") {
			this.#next = message.first + message.events.length;
			this.#host.events(message);
			this.#send({ ask: "seen", bytes: bytes.length });
		} else if (message.kind === "held") this.#host.held(message);
		else {
			this.#waiting.get(message.request)?.(
				message.problem === undefined ? undefined : { problem: message.problem, column: message.column },
			);
			this.#waiting.delete(message.request);
		}
	}

	#send(request: FeedRequest): void {
		this.#socket?.send(JSON.stringify(request));
	}
}
