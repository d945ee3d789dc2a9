// What a replayed server runs: gives each live connection a recorded one, and counts what happens.

import type { Application, Peer, Session } from "../../application/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import { textCodec } from "../../transport/index.ts";
import type { TextCodec } from "../../wire/index.ts";
import type { ParsedDocument } from "./field.ts";
import { IgnoredFields } from "./ignored-fields.ts";
import type { LoadedRecording } from "./load-recording.ts";
import { recordedConnections } from "./recorded-connection.ts";
import type { ReplayEvent, RequestUnmatched } from "./replay-events.ts";
import type { ReplayServerOptions, ReplayServerReport } from "./replay-server-options.ts";
import { type PlayableConnection, ReplaySession, type SessionHost } from "./replay-session.ts";
import { ExchangeIndex } from "./request-matcher.ts";
import { RuleSet } from "./rules.ts";

/** The application of a replayed server. */
export class ReplayApplication implements Application<"bytes">, SessionHost {
	readonly output = "bytes";
	/** In a recording, a silent client stayed connected too. */
	readonly idleTimeoutMs = 0;
	readonly codec: TextCodec;
	readonly terminator: Uint8Array;
	readonly ignored: IgnoredFields;
	readonly rules: RuleSet;
	readonly speed: number;
	readonly strict: boolean;
	readonly order: "any" | "recorded";
	readonly #options: ReplayServerOptions;
	readonly #connections: readonly PlayableConnection[];
	readonly #played = new Set<PlayableConnection>();
	readonly #sessions = new Set<ReplaySession>();
	readonly #problems: RequestUnmatched[] = [];
	#opened = 0;
	#refused = 0;
	#matched = 0;
	#unmatched = 0;

	constructor(recording: LoadedRecording, options: ReplayServerOptions) {
		const { info } = recording;
		this.codec = textCodec(info.encoding);
		this.terminator = info.terminator;
		this.ignored = new IgnoredFields(options.ignore ?? []);
		this.rules = new RuleSet(options.rules ?? [], "server", this.codec);
		this.speed = options.speed ?? 1;
		this.strict = options.strict ?? false;
		this.order = options.order ?? "any";
		this.#options = options;
		this.#connections = recordedConnections(recording, "server", this.codec).map((recorded) => ({
			recorded,
			index: new ExchangeIndex(recorded.exchanges, this.ignored),
		}));
		if (this.#connections.length > 0) return;
		throw new XMLSocketError(
			"XMLSOCKET_RECORDING_EMPTY",
			"The recording has no documents, so there is nothing to play.",
		);
	}

	get size(): number {
		return this.#connections.length;
	}

	open(peer: Peer): Session<"bytes"> {
		const number = ++this.#opened;
		const { isRepeated, playing } = this.#next();
		if (!playing) {
			this.#refused++;
			this.report({ kind: "refused", connection: number, from: peer.remoteAddress });
			peer.end();
			return REFUSED;
		}
		this.report({
			kind: "connection",
			connection: number,
			recorded: playing.recorded.number,
			from: peer.remoteAddress,
			transport: peer.transport,
			isRepeated,
		});
		const session = new ReplaySession(number, peer, playing, this);
		this.#sessions.add(session);
		return session;
	}

	choose(current: PlayableConnection, first: ParsedDocument, hasGreeted: boolean): PlayableConnection {
		const opens = ({ recorded, index }: PlayableConnection): boolean =>
			recorded.exchanges.length > 0 && index.equal(first).includes(0);
		if (opens(current)) return current;
		const fits = (other: PlayableConnection): boolean => opens(other) && (!hasGreeted || sameGreeting(current, other));
		const chosen =
			this.#connections.find((other) => !this.#played.has(other) && fits(other)) ??
			(this.#opened > this.size ? this.#connections.find(fits) : undefined);
		if (!chosen) return current;
		if (this.#opened <= this.size) this.#played.delete(current);
		this.#played.add(chosen);
		return chosen;
	}

	/** What has happened so far. */
	summary(): ReplayServerReport {
		let matched = this.#matched;
		let unmatched = this.#unmatched;
		for (const session of this.#sessions) {
			matched += session.matched;
			unmatched += session.unmatched;
		}
		return { connections: this.#opened, matched, unmatched, problems: [...this.#problems], refused: this.#refused };
	}

	report(event: ReplayEvent): void {
		if (event.kind === "unmatched" && this.#problems.length < MOST_PROBLEMS) this.#problems.push(event);
		this.#options.onEvent?.(event);
	}

	ended(session: ReplaySession): void {
		this.#sessions.delete(session);
		this.#matched += session.matched;
		this.#unmatched += session.unmatched;
	}

	#next(): { playing: PlayableConnection | undefined; isRepeated: boolean } {
		let playing = this.#connections.find((each) => !this.#played.has(each));
		const isRepeated = this.#opened > this.size;
		if (!playing && this.#options.loop) {
			this.#played.clear();
			[playing] = this.#connections;
		}
		if (!playing && !this.strict) [playing] = this.#connections;
		if (playing) this.#played.add(playing);
		return { playing, isRepeated };
	}
}

const MOST_PROBLEMS = 100;
const REFUSED: Session<"bytes"> = { document() {}, closed() {} };

function sameGreeting({ recorded: a }: PlayableConnection, { recorded: b }: PlayableConnection): boolean {
	return (
		a.greeting.length === b.greeting.length &&
		a.greeting.every(({ bytes }, index) => Buffer.compare(bytes, b.greeting[index]!.bytes) === 0)
	);
}
