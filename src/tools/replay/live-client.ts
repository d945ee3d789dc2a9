// One connection of a replay as the client: connects, sends recorded documents with this session's values, and gives what comes to
// `ExpectedAnswers`.

import { parseAddress } from "../../client/index.ts";
import type { XMLSocketError } from "../../errors/index.ts";
import { Link, type LinkClose, type LinkOwner, type Scheduler } from "../../link/index.ts";
import { dial } from "../../transport/index.ts";
import type { TextCodec } from "../../wire/index.ts";
import type { ExpectedAnswers } from "./expected-answers.ts";
import type { ParsedDocument } from "./field.ts";
import { parseDocument, withValues } from "./parse-document.ts";
import type { RecordedConnection, RecordedDocument } from "./recorded-connection.ts";
import { type MatchedRule, SeenValues } from "./rules.ts";
import type { Variables } from "./variables.ts";

/** What a live connection is made of. */
export interface LiveClientParts {
	readonly recorded: RecordedConnection;
	readonly codec: TextCodec;
	readonly terminator: Uint8Array;
	readonly variables: Variables;
	readonly expected: ExpectedAnswers;
	readonly findRule: (document: ParsedDocument, connection: number) => MatchedRule | undefined;
	/** Called when something came or the connection ended. */
	readonly onChange: () => void;
}

/** How to connect. */
export interface DialSettings {
	readonly address: string;
	readonly timeoutMs: number;
	readonly insecure: boolean | undefined;
	readonly ca: string | undefined;
	readonly origin: string | undefined;
	readonly signal: AbortSignal | undefined;
}

/** A connection to the server under test. */
export class LiveClient implements LinkOwner<"bytes"> {
	readonly parts: LiveClientParts;
	/** Documents sent. */
	sent = 0;
	/** How it ended; undefined while it is open, or before it is opened. */
	close: LinkClose | undefined = undefined;
	#link: Link<"bytes"> | undefined = undefined;
	#left = false;
	readonly #seen = new SeenValues();

	constructor(parts: LiveClientParts) {
		this.parts = parts;
	}

	/** Whether documents can be sent. */
	get isOpen(): boolean {
		return this.#link !== undefined && this.close === undefined;
	}

	/** Rejects with XMLSOCKET_CONNECT_FAILED, XMLSOCKET_CONNECT_TIMEOUT, XMLSOCKET_ADDRESS_INVALID or XMLSOCKET_ABORTED. */
	async open({ address, ...options }: DialSettings, scheduler: Scheduler): Promise<void> {
		const transport = await dial(parseAddress(address), options);
		const { codec, terminator } = this.parts;
		this.#link = new Link(transport, { ...LINK_LIMITS, codec, terminator }, scheduler, this);
	}

	/** Sends a recorded document with the values of this session. @returns false if a rule leaves it out. */
	send(document: RecordedDocument): boolean {
		const { parsed } = document;
		const { variables, terminator, codec, findRule, recorded } = this.parts;
		const rule = findRule(parsed, recorded.number);
		this.parts.expected.sent();
		if (rule?.skip) return false;
		const values = variables.replacements(parsed, true);
		if (rule) for (const [field, value] of rule.valuesFor(parsed, this.#seen.lookup(parsed))) values.set(field, value);
		const bytes = values.size > 0 ? codec.encode(withValues(parsed, values)) : document.bytes;
		this.#link!.sendEncoded(document.isTerminated ? Buffer.concat([bytes, terminator]) : bytes);
		this.sent++;
		return true;
	}

	/** Ends the connection after what was sent. */
	end(): void {
		this.#link?.end();
	}

	/** Ends the connection when everything was played: what still comes does not count. */
	leave(): void {
		this.#left = true;
		this.end();
	}

	/** Ends it at once. */
	destroy(error?: XMLSocketError): void {
		this.#link?.destroy(error);
	}

	document(bytes: Uint8Array): void {
		if (this.#left) return;
		const { codec, terminator, expected, onChange } = this.parts;
		const live = parseDocument(bytes.subarray(0, bytes.length - terminator.length), codec);
		this.#seen.note(live);
		expected.receive(live);
		onChange();
	}

	closed(close: LinkClose): void {
		this.close = close;
		this.parts.onChange();
	}
}

const LINK_LIMITS = {
	output: "bytes",
	maxDocumentBytes: 64 * 1024 * 1024,
	maxOutboxBytes: 1 << 30,
	unreadOutputTimeoutMs: 60_000,
	firstDocumentTimeoutMs: 0,
	documentTimeoutMs: 0,
	idleTimeoutMs: 0,
	pingIntervalMs: 0,
	lingerMs: 5000,
} as const;
