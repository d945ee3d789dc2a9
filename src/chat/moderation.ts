// What operators impose on people: bans, which keep a person out of a room or of the server, and mutes, which keep a person silent. Each is
// a record that all daemons share and that outlives them. docs/chat.md, "Moderation".

import type { ClientAddress } from "../application/index.ts";
import { XMLSocketError } from "../errors/index.ts";
import type { ChatClient } from "./chat-client.ts";
import { noticeDocument } from "./documents.ts";
import type { ModerationParts } from "./moderation-parts.ts";
import { nameKey } from "./names.ts";
import { type AddressRange, isInRange, readRange } from "./sanctions/address-range.ts";
import {
	hasSameTarget,
	MAX_BY,
	newSanctionId,
	peopleOf,
	personKey,
	readSanction,
	recordOf,
	type Sanction,
	type SanctionKind,
	sessionKey,
	withTarget,
} from "./sanctions/sanction.ts";
import { type ListedSanction, SanctionList, type SanctionSubject } from "./sanctions/sanction-list.ts";
import { checkOrder, type SanctionOrder } from "./sanctions/sanction-order.ts";
import { muteWords, sanctionError } from "./sanctions/words.ts";
import type { SavedPart } from "./saved-state.ts";

const MAX_SANCTIONS = 100_000;
const SWEEP_MS = 60_000;
/** Ended ones stay for so long, because the wall clock may be wrong. */
const KEEP_ENDED_MS = 3_600_000;
/** The wall clock was set: it moved by more than this against the monotonic one. */
const CLOCK_STEP_MS = 60_000;
const PREFIX = "sanction/";

/** The bans and mutes of a chat. One for a name holds for the session that has the name too, so that another name is no way out. */
export class Moderation implements SavedPart {
	readonly prefix = PREFIX;
	readonly #parts: ModerationParts;
	readonly #lists: Readonly<Record<SanctionKind, SanctionList>> = { ban: new SanctionList(), mute: new SanctionList() };
	/** Addresses as bytes; undefined where no ban or mute of an address holds. */
	readonly #addresses = new WeakMap<object, { readonly bytes: Uint8Array | undefined }>();
	#sweptMs: number;
	/** The wall clock less the monotonic one. */
	#offsetMs: number;
	#hasReportedFull = false;

	constructor(parts: ModerationParts) {
		this.#parts = parts;
		this.#sweptMs = parts.clock.now();
		this.#offsetMs = parts.wallMs() - this.#sweptMs;
	}

	// --- checks

	/** The refusal of a connection whose address is banned from the server. It costs one look-up for each length of range. */
	refusalOf(peer: ClientAddress): XMLSocketError | undefined {
		const { ban } = this.#lists;
		if (!ban.hasRanges) return undefined;
		const address = this.#addressOf(peer);
		if (!address) return undefined;
		const nowMs = this.#parts.clock.now();
		for (const listed of ban.of({ keys: [], address })) {
			if (listed.sanction.room === undefined && listed.endsMs > nowMs) return sanctionError(listed, nowMs);
		}
		return undefined;
	}

	/** Checks whether a client may have a name, or continue a session. @throws XMLSOCKET_BANNED */
	checkMayBe(key: string, session: string | undefined): void {
		if (this.#lists.ban.size === 0) return;
		const keys = [personKey(key), ...(session === undefined ? [] : [sessionKey(session)])];
		const nowMs = this.#parts.clock.now();
		for (const listed of this.#lists.ban.of({ keys, address: undefined })) {
			if (listed.sanction.room === undefined && listed.endsMs > nowMs) throw sanctionError(listed, nowMs);
		}
	}

	/** @throws XMLSOCKET_BANNED */
	checkMayJoin(room: string, client: ChatClient): void {
		const listed = this.#find("ban", room, client);
		if (listed) throw sanctionError(listed, this.#parts.clock.now());
	}

	/** @throws XMLSOCKET_MUTED */
	checkMaySpeak(room: string, client: ChatClient): void {
		const listed = this.#find("mute", room, client);
		if (listed) throw sanctionError(listed, this.#parts.clock.now());
	}

	/** Private messages belong to no room, so a mute in any room covers them. A ban does not. @throws XMLSOCKET_MUTED */
	checkMayTell(client: ChatClient): void {
		const listed = this.#find("mute", undefined, client);
		if (listed) throw sanctionError(listed, this.#parts.clock.now(), true);
	}

	/** A client has another name: it leaves the rooms that the name is banned from. */
	renamed(client: ChatClient): void {
		if (this.#lists.ban.size === 0) return;
		for (const room of [...this.#parts.rooms.roomsOf(client)]) {
			const listed = this.#find("ban", room.name, client);
			if (listed) room.exit(client, { reason: "banned", by: this.#shownBy(listed.sanction) });
		}
	}

	// --- what operators do

	/**
	 * Begins a ban or mute, or changes the one for the same target and room. It holds at once; the people that it is for are notified.
	 *
	 * Rejects with XMLSOCKET_ATTRIBUTE_INVALID for an address that cannot be banned, XMLSOCKET_TOO_MANY_SANCTIONS, XMLSOCKET_UNAVAILABLE where
	 * it holds and is not stored yet.
	 *
	 * @returns its id, once it is stored.
	 */
	async impose(order: SanctionOrder): Promise<string> {
		const sanction = this.#sanctionOf(order);
		if (!this.#lists[order.kind].get(sanction.id)) this.#checkSpace(order.kind);
		this.#apply(sanction, true);
		await this.#parts.saved.save(PREFIX + sanction.id, recordOf(sanction));
		return sanction.id;
	}

	/** Ends bans or mutes: the one with an id, or those for a target in a room. Settles once that is stored. @returns those. */
	async lift(which: { readonly id: string } | Pick<SanctionOrder, "kind" | "room" | "target">): Promise<Sanction[]> {
		const { ban, mute } = this.#lists;
		const listed = "id" in which ? [ban.get(which.id) ?? mute.get(which.id) ?? []].flat() : this.#same(which);
		const lifted = listed.map(({ sanction }) => sanction);
		for (const { kind, id } of lifted) this.#lists[kind].delete(id);
		await Promise.all(lifted.map(({ id }) => this.#parts.saved.save(PREFIX + id, undefined)));
		return lifted;
	}

	/**
	 * Those that hold, oldest first.
	 *
	 * @param filter.room only those of one room.
	 */
	*inForce(
		filter: { readonly kind?: SanctionKind | undefined; readonly room?: string | undefined } = {},
	): Generator<Sanction> {
		const nowMs = this.#parts.clock.now();
		for (const kind of filter.kind === undefined ? (["ban", "mute"] as const) : [filter.kind]) {
			for (const { sanction, endsMs } of this.#lists[kind].all()) {
				if (endsMs > nowMs && (filter.room === undefined || sanction.room === filter.room)) yield sanction;
			}
		}
	}

	/** Called once a second: looks whether the wall clock was set, and forgets, once a minute, what has ended. */
	sweep(): void {
		const { clock, wallMs } = this.#parts;
		const nowMs = clock.now();
		const offsetMs = wallMs() - nowMs;
		if (Math.abs(offsetMs - this.#offsetMs) > CLOCK_STEP_MS) this.#clockSet();
		this.#offsetMs = offsetMs;
		if (nowMs - this.#sweptMs < SWEEP_MS) return;
		this.#sweptMs = nowMs;
		for (const list of Object.values(this.#lists)) this.#forgetEnded(list, KEEP_ENDED_MS);
	}

	/** Numbers for `/metrics`. */
	stats(): Record<string, number> {
		return { chat_bans: this.#lists.ban.size, chat_mutes: this.#lists.mute.size };
	}

	// --- SavedPart

	changed(id: string, value: unknown, isFresh: boolean): boolean {
		if (value === undefined) {
			this.#lists.ban.delete(id);
			this.#lists.mute.delete(id);
			return true;
		}
		const sanction = readSanction(id, value, this.#parts.addresses);
		if (!sanction) return false;
		try {
			if (!this.#lists[sanction.kind].get(id)) this.#checkSpace(sanction.kind);
		} catch (error) {
			if (!this.#hasReportedFull) this.#parts.report(error);
			this.#hasReportedFull = true;
			return true;
		}
		const known = this.#lists[sanction.kind].get(id)?.sanction;
		const isSame = known && JSON.stringify(recordOf(known)) === JSON.stringify(recordOf(sanction));
		if (!isSame) this.#apply(sanction, isFresh);
		return true;
	}

	#find(kind: SanctionKind, room: string | undefined, client: ChatClient): ListedSanction | undefined {
		const list = this.#lists[kind];
		if (list.size === 0) return undefined;
		return list.find(this.#subject(client, list), room, this.#parts.clock.now());
	}

	#subject(client: ChatClient, list: SanctionList): SanctionSubject {
		return {
			keys: [personKey(client.nameKey), sessionKey(client.key.id)],
			address: list.hasRanges ? this.#addressOf(client.peer) : undefined,
		};
	}

	// A proxy can be behind an address of this machine and behind a trusted one, so nobody is banned by these.
	#addressOf(peer: ClientAddress): Uint8Array | undefined {
		const known = this.#addresses.get(peer);
		if (known) return known.bytes;
		const isExempt = peer.addressKey === undefined || peer.isProxy;
		const bytes = isExempt ? undefined : this.#parts.addresses?.bytesOf(peer.remoteAddress);
		this.#addresses.set(peer, { bytes });
		return bytes;
	}

	#sanctionOf(order: SanctionOrder): Sanction {
		const { kind, room, seconds, reason, by } = order;
		const { names, cluster, wallMs } = this.#parts;
		const { name, session } = order.target;
		checkOrder(order);
		const range = order.target.address === undefined ? undefined : this.#rangeOf(order.target.address, order.peer);
		const target = { name, session, address: range?.text };
		const same = this.#same({ kind, room, target })[0]?.sanction;
		const sessions = new Set(same?.sessions);
		const ranges = new Map([...(same?.ranges ?? []), ...(range ? [range] : [])].map((one) => [one.text, one]));
		let wantsAddress = false;
		if (name !== undefined) {
			const key = nameKey(name);
			const here = names.holder(key);
			const there = here ? undefined : cluster.personByName(key);
			const held = here?.key.id ?? there?.session;
			if (held !== undefined) sessions.add(held);
			if (order.alsoAddress && here) {
				const address = this.#rangeOfClient(here, order.peer);
				ranges.set(address.text, address);
			} else if (order.alsoAddress && there) wantsAddress = true;
		}
		const atMs = wallMs();
		return {
			id: same?.id ?? newSanctionId(atMs),
			kind,
			room,
			target,
			sessions: [...sessions].slice(-32),
			ranges: [...ranges.values()].slice(-32),
			wantsAddress,
			by: by.slice(0, MAX_BY),
			isFromServer: order.isFromServer === true,
			atMs,
			untilMs: seconds === undefined ? undefined : atMs + seconds * 1000,
			reason,
		};
	}

	#rangeOf(text: string, peer: SanctionOrder["peer"]): AddressRange {
		const { addresses } = this.#parts;
		if (!addresses) throw invalid("The clients of this server have no addresses.");
		const range = readRange(text, addresses);
		const own = peer?.addressKey === undefined ? undefined : addresses.bytesOf(peer.remoteAddress);
		if (own && isInRange(own, range)) {
			throw invalid(`Your own address is in ${range.text}.`);
		}
		return range;
	}

	#rangeOfClient(client: ChatClient, peer: SanctionOrder["peer"]): AddressRange {
		if (this.#addressOf(client.peer)) return this.#rangeOf(client.peer.remoteAddress, peer);
		throw new XMLSocketError(
			"XMLSOCKET_ATTRIBUTE_INVALID",
			`The address of "${client.name}" is this machine's, or that of a proxy that names no client, and would stand for everyone behind it.`,
		);
	}

	#same(order: Pick<SanctionOrder, "kind" | "room" | "target">): ListedSanction[] {
		const { kind, room } = order;
		const { addresses } = this.#parts;
		const range =
			order.target.address !== undefined && addresses ? readRange(order.target.address, addresses) : undefined;
		const wanted = withTarget(kind, room, order.target, range);
		const keys = peopleOf(wanted);
		const found = this.#lists[kind].of({ keys, address: range?.bytes });
		return [...new Set(found)].filter(({ sanction }) => hasSameTarget(sanction, wanted));
	}

	/** @throws XMLSOCKET_TOO_MANY_SANCTIONS */
	#checkSpace(kind: SanctionKind): void {
		const list = this.#lists[kind];
		if (list.size >= MAX_SANCTIONS) this.#forgetEnded(list, 0);
		if (list.size < MAX_SANCTIONS) return;
		throw new XMLSocketError("XMLSOCKET_TOO_MANY_SANCTIONS", `${MAX_SANCTIONS} ${kind}s are the limit.`);
	}

	// It holds, here too, and those that it is for are notified.
	#apply(sanction: Sanction, isFresh: boolean): void {
		const { clock } = this.#parts;
		const list = this.#lists[sanction.kind];
		list.put(sanction, this.#endOf(sanction, isFresh));
		const listed = list.get(sanction.id)!;
		if (listed.endsMs <= clock.now()) return;
		const clients = this.#clientsOf(sanction);
		if (sanction.wantsAddress) this.#addAddress(sanction, clients);
		for (const client of clients) this.#enforce(client, listed, isFresh);
	}

	#endOf({ atMs, untilMs }: Sanction, isFresh: boolean): number {
		if (untilMs === undefined) return Number.POSITIVE_INFINITY;
		const { clock, wallMs } = this.#parts;
		// The clock of the daemon that imposed it may be another one; it never holds longer than it was meant to.
		const leftMs = isFresh ? untilMs - atMs : Math.min(untilMs - atMs, untilMs - wallMs());
		return clock.now() + Math.max(0, leftMs);
	}

	#clientsOf(sanction: Sanction): Set<ChatClient> {
		const { names, sessions } = this.#parts;
		const clients = new Set<ChatClient>();
		for (const key of peopleOf(sanction)) {
			const client = key.startsWith("n") ? names.holder(key.slice(1)) : sessions.get(key.slice(1));
			if (client) clients.add(client);
		}
		if (sanction.ranges.length === 0) return clients;
		for (const client of sessions.values()) {
			const address = this.#addressOf(client.peer);
			if (address && sanction.ranges.some((range) => isInRange(address, range))) clients.add(client);
		}
		return clients;
	}

	// The operator is at another daemon, which does not know the address.
	#addAddress(sanction: Sanction, clients: Iterable<ChatClient>): void {
		const { addresses, saved } = this.#parts;
		const [client] = clients;
		const address = client && this.#addressOf(client.peer);
		if (!addresses || !client || !address) return;
		const range = readRange(client.peer.remoteAddress, addresses);
		const complete = { ...sanction, ranges: [...sanction.ranges, range], wantsAddress: false };
		saved.save(PREFIX + sanction.id, recordOf(complete)).catch((error: unknown) => this.#parts.report(error));
		this.#apply(complete, false);
	}

	#enforce(client: ChatClient, listed: ListedSanction, isFresh: boolean): void {
		const { clock, rooms } = this.#parts;
		const { kind, room } = listed.sanction;
		if (kind === "mute") {
			if (isFresh) this.#notify(client, noticeDocument("muted", muteWords(listed, clock.now()), room));
		} else if (room === undefined) client.expel(sanctionError(listed, clock.now()), "banned");
		else {
			const here = rooms.get(room);
			if (here?.has(client)) here.exit(client, { reason: "banned", by: this.#shownBy(listed.sanction) });
		}
	}

	// The reason can contain the terminator of the documents, which the moderation does not know: it holds all the same.
	#notify(client: ChatClient, text: string): void {
		try {
			client.send(text);
		} catch (error) {
			this.#parts.report(error);
		}
	}

	#shownBy({ by, isFromServer }: Sanction): string {
		return isFromServer ? this.#parts.settings.serverName : by;
	}

	// Clocks are set right more often than wrong, but a ban must not end because of one that is wrong: the longer of the two holds.
	#clockSet(): void {
		for (const list of Object.values(this.#lists)) {
			for (const listed of list.all()) listed.endsMs = Math.max(listed.endsMs, this.#endOf(listed.sanction, false));
		}
	}

	#forgetEnded(list: SanctionList, keepMs: number): void {
		const { clock, wallMs, saved } = this.#parts;
		const [nowMs, wallNowMs] = [clock.now(), wallMs()];
		for (const { sanction, endsMs } of list.all()) {
			if (endsMs + keepMs > nowMs || (sanction.untilMs ?? Number.POSITIVE_INFINITY) + keepMs > wallNowMs) continue;
			list.delete(sanction.id);
			saved.save(PREFIX + sanction.id, undefined).catch(() => {});
		}
	}
}

/** @throws XMLSOCKET_NOT_OPERATOR */
export function checkOperator(client: ChatClient, action: string): void {
	if (!client.operator) throw new XMLSocketError("XMLSOCKET_NOT_OPERATOR", `Only an operator may ${action}.`);
}

function invalid(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ATTRIBUTE_INVALID", message);
}
