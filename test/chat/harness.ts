// A chat in one process: real links over memory transports, no ports. Time moves in `advance` and `sweep` alone; `settle` waits
// until nothing moves any more.

import { type Application, NO_HANDSHAKE, type Peer, type Session } from "../../src/application/index.ts";
import { type ChatParts, type CreateChatOptions, createChat } from "../../src/chat/index.ts";
import type { XMLSocketError } from "../../src/errors/index.ts";
import {
	Link,
	type LinkClose,
	type LinkOptions,
	type LinkOwner,
	Scheduler,
	type Transport,
} from "../../src/link/index.ts";
import { memoryPair, nodeClock } from "../../src/transport/index.ts";
import { ManualClock } from "../link/manual-clock.ts";

type Output = "text" | "bytes";

/** The wall time of every test chat: `at` is always this. */
export const AT = "2006-06-28T12:00:00.000Z";

const LIMITS = {
	maxDocumentBytes: 262_144,
	maxOutboxBytes: 4 * 1024 * 1024,
	firstDocumentTimeoutMs: 0,
	documentTimeoutMs: 0,
	idleTimeoutMs: 0,
	unreadOutputTimeoutMs: 0,
	pingIntervalMs: 0,
	lingerMs: 1000,
} satisfies Omit<LinkOptions, "output">;

/** What a test may change of a connection. */
export type ConnectOptions = Partial<Omit<LinkOptions, "output">> & {
	/** What counts as one address. Default: none, as on loopback. */
	readonly addressKey?: string | undefined;
	/** Default: none. */
	readonly remoteAddress?: string | undefined;
	/** Whether the address is that of a listed proxy. Default false. */
	readonly isProxy?: boolean | undefined;
};

/** The chat's clock: the ends of ticks are real, time is the test's. */
class ChatClock extends ManualClock {
	override afterTick(run: () => void): void {
		setImmediate(run);
	}
}

/** An application with clients. */
export class ChatHarness {
	readonly application: Application<Output>;
	/** The failures that no client caused. */
	readonly reported: unknown[] = [];
	/** The codes of what was refused. */
	readonly refused: string[] = [];
	readonly #clock = new ChatClock();
	readonly clients: Client[] = [];
	readonly peers: Peer[] = [];
	// Its time stands still: how long a handler takes on this machine decides nothing here.
	readonly scheduler: Scheduler = new Scheduler({ ...nodeClock, now: () => 0 }, (error) => this.reported.push(error));
	/** Documents that have arrived, at either end. */
	received = 0;
	#accepted = 0;
	readonly #links = new Set<Link<Output>>();

	constructor(make: (parts: ChatParts) => Application<"text"> | Application<"bytes">) {
		this.application = make({
			report: (error) => this.reported.push(error),
			clock: this.#clock,
			wallMs: () => Date.parse(AT),
		}) as Application<Output>;
	}

	static chat(options: CreateChatOptions = {}, parts: ChatParts = {}): ChatHarness {
		return new ChatHarness((own) => createChat(options, { ...own, ...parts }));
	}

	/** The client's end of a new connection, for a client of its own. */
	accept({ addressKey, remoteAddress, isProxy, ...options }: ConnectOptions = {}): Transport {
		const [near, far] = memoryPair();
		const limits = { ...LIMITS, ...options, output: this.application.output };
		const about = { ...limits, addressKey, remoteAddress, isProxy };
		const peer = new TestPeer(String(++this.#accepted), this, about, (owner) => {
			const link = new Link(near, limits, this.scheduler, owner);
			this.#links.add(link);
			return link;
		});
		this.peers.push(peer);
		return far;
	}

	/** Breaks every connection at once, as the end of a process does. */
	die(): void {
		for (const link of this.#links) link.destroy();
	}

	/** A new connection. */
	connect(options: ConnectOptions = {}): Client {
		const far = this.accept(options);
		const client = new Client(this, (owner) => new Link(far, { ...LIMITS, output: "text" }, this.scheduler, owner));
		this.clients.push(client);
		return client;
	}

	/** A client that has said hello, has entered rooms, and has read everything. */
	async client(name: string, ...rooms: string[]): Promise<Client> {
		const client = this.connect();
		client.send(`<hello name="${name}" />`);
		for (const room of rooms) client.send(`<join room="${room}" after="-1" />`);
		await this.settle();
		client.session = /session="([^"]*)"/.exec(client.inbox.findLast((text) => text.startsWith("<welcome"))!)![1]!;
		for (const one of this.clients) one.take();
		return client;
	}

	/** Lets everything that is under way happen. */
	async settle(): Promise<void> {
		for (let before = -1; before !== this.received; ) {
			before = this.received;
			for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
		}
	}

	/** Time passes for the chat. */
	advance(ms: number): void {
		this.#clock.advance(ms);
	}

	/** Seconds pass, at the end of which the server calls the chat's sweep. */
	sweep(seconds = 1): void {
		for (let i = 0; i < seconds; i++) {
			this.advance(1000);
			this.application.sweep?.(this.#clock.now());
		}
	}
}

/** The server's side of a connection. */
class TestPeer implements Peer, LinkOwner<Output> {
	readonly id: string;
	readonly remoteAddress: string;
	readonly isProxy: boolean;
	readonly transport = "memory";
	readonly #link: Link<Output>;
	readonly addressKey: string | undefined;
	readonly softOutboxBytes: number;
	readonly maxOutboxBytes: number;
	readonly #harness: ChatHarness;
	readonly #session: Session<Output>;

	constructor(
		id: string,
		harness: ChatHarness,
		limits: ConnectOptions & { readonly maxOutboxBytes: number },
		link: (owner: LinkOwner<Output>) => Link<Output>,
	) {
		this.id = id;
		this.addressKey = limits.addressKey;
		this.remoteAddress = limits.remoteAddress ?? "memory";
		this.isProxy = limits.isProxy ?? false;
		this.softOutboxBytes = limits.softOutboxBytes ?? limits.maxOutboxBytes;
		this.maxOutboxBytes = limits.maxOutboxBytes;
		this.#harness = harness;
		this.#link = link(this);
		this.#session = harness.application.open(this, NO_HANDSHAKE);
	}

	refused(error: XMLSocketError): void {
		this.#harness.refused.push(error.code);
	}

	get isOpen(): boolean {
		return this.#link.isOpen;
	}
	get outboxBytes(): number {
		return this.#link.outboxBytes;
	}
	send(text: string): void {
		this.#link.send(text);
	}
	sendEncoded(bytes: Uint8Array): void {
		this.#link.sendEncoded(bytes);
	}
	checkText(text: string): void {
		this.#link.checkText(text);
	}
	encode(text: string): Uint8Array {
		return this.#link.encode(text);
	}
	account(run: () => void): void {
		this.#link.account(run);
	}

	pause(): void {
		this.#link.pause();
	}
	resume(): void {
		this.#link.resume();
	}
	end(error?: XMLSocketError): void {
		this.#link.end(error);
	}
	destroy(error?: XMLSocketError): void {
		this.#link.destroy(error);
	}
	document(document: string | Uint8Array): void {
		this.#harness.received++;
		this.#session.document(document);
	}
	ended(): Promise<void> | undefined {
		return this.#session.ended?.();
	}
	idle(): void {
		this.#session.idle?.();
	}
	drained(): void {
		this.#session.drained?.();
	}
	failing(error: XMLSocketError): void {
		this.#session.failing?.(error);
	}
	closed(close: LinkClose): void {
		this.#session.closed(close);
	}
}

/** The client's side: what it has received and not read yet. */
export class Client implements LinkOwner {
	inbox: string[] = [];
	/** The session of the last welcome that `ChatHarness.client` has read. */
	session = "";
	close: LinkClose | undefined = undefined;
	readonly link: Link;
	readonly #harness: ChatHarness;

	constructor(harness: ChatHarness, link: (owner: LinkOwner) => Link) {
		this.#harness = harness;
		this.link = link(this);
	}

	send(...texts: string[]): void {
		for (const text of texts) this.link.send(text);
	}

	/** Sends, waits until all is quiet, and returns what came. */
	async ask(...texts: string[]): Promise<string[]> {
		this.send(...texts);
		await this.#harness.settle();
		return this.take();
	}

	/** What came since the last time. */
	take(): string[] {
		const taken = this.inbox;
		this.inbox = [];
		return taken;
	}

	document(text: string): void {
		this.#harness.received++;
		this.inbox.push(text);
	}

	closed(close: LinkClose): void {
		this.#harness.received++;
		this.close = close;
	}
}
