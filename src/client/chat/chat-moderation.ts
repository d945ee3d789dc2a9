// What an operator does in a chat: kick, ban, mute, lift and list both, and set how rooms work. Others get XMLSOCKET_NOT_OPERATOR.
// docs/guide/moderation.md.

import { checkCallOptions, type WaitOptions } from "../../connection/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import { clientDocument, type RoomSettingsEntry, type SanctionEntry } from "./message-types.ts";
import type { Sender } from "./sender.ts";

/** Whom a ban or mute is for: exactly one of name, session and address. */
export interface ModerationTarget {
	/** Only in this room. Default: everywhere. */
	readonly room?: string | undefined;
	/** A name, also of a person who is not connected. */
	readonly name?: string | undefined;
	/** The first part of a session: 16 hexadecimal digits. */
	readonly session?: string | undefined;
	/** An address or a range, such as `203.0.113.0/24` or `2001:db8::/48`. A single IPv6 address stands for its /64. */
	readonly address?: string | undefined;
}

/** How to ban or mute. */
export interface SanctionOptions extends WaitOptions {
	/** For how long, in whole seconds, up to ten years; `"forever"`: without an end. Default 600. */
	readonly seconds?: number | "forever" | undefined;
	/** What the person is shown: at most 200 characters. */
	readonly reason?: string | undefined;
	/** With a name: the address of the person who has it now, too. */
	readonly alsoAddress?: boolean | undefined;
}

/** Which bans or mutes to list. */
export interface SanctionListOptions extends WaitOptions {
	/** Only those of this room. Default: all. */
	readonly room?: string | undefined;
	/** Leaves out as many of the oldest. Default 0. */
	readonly offset?: number | undefined;
	/** At most this many, 1 to 200. Default 200. */
	readonly limit?: number | undefined;
}

/** A page of bans or mutes, oldest first. */
export interface SanctionPage {
	readonly sanctions: readonly SanctionEntry[];
	/** Whether there are more after these. */
	readonly more: boolean;
}

/** What to change of a room. */
export interface RoomSettingsOptions extends WaitOptions {
	/** Seconds between two messages of a member, up to 21 600; 0: none. */
	readonly slowSeconds?: number | undefined;
	/** Whether only invited people, and those with the key, may enter, and see the room in lists. */
	readonly isPrivate?: boolean | undefined;
	/** The key of a private room, at most 64 characters; empty: it has none. */
	readonly key?: string | undefined;
}

type OperatorElement = "kick" | "ban" | "mute" | "unban" | "unmute" | "settings" | "invite";

/**
 * What operators can do. Every call rejects with the server's refusal (XMLSOCKET_NOT_OPERATOR, XMLSOCKET_ATTRIBUTE_INVALID and so on);
 * with XMLSOCKET_REQUEST_TIMEOUT after `timeoutMs` (default 10 000), XMLSOCKET_ABORTED, XMLSOCKET_CONNECTION_LOST or XMLSOCKET_CLOSED.
 *
 * @example
 * ```ts
 * const id = await chat.moderation.ban({ name: "bob" }, { seconds: 86_400, reason: "advertising" });
 * await chat.moderation.unban({ id });
 * ```
 */
export class ChatModeration {
	readonly #sender: Sender;

	/** @internal */
	constructor(sender: Sender) {
		this.#sender = sender;
	}

	/** Removes a member from a room; the member may join it again. */
	async kick(room: string, name: string, options?: WaitOptions): Promise<void> {
		await this.#do("kick", { room, name }, checkCallOptions("kick()", options));
	}

	/** Keeps a person or an address out of a room or, without a room, of the server. @returns the id of the ban, once it is stored. */
	ban(target: ModerationTarget, options?: SanctionOptions): Promise<string> {
		return this.#impose("ban", target, options);
	}

	/** Keeps a person or an address silent in a room, or everywhere. @returns the id of the mute, once it is stored. */
	mute(target: ModerationTarget, options?: SanctionOptions): Promise<string> {
		return this.#impose("mute", target, options);
	}

	/** Ends a ban. Rejects with XMLSOCKET_SANCTION_UNKNOWN where there is none. */
	unban(which: ModerationTarget | { readonly id: string }, options?: WaitOptions): Promise<void> {
		return this.#lift("ban", which, options);
	}

	/** Ends a mute. Rejects with XMLSOCKET_SANCTION_UNKNOWN where there is none. */
	unmute(which: ModerationTarget | { readonly id: string }, options?: WaitOptions): Promise<void> {
		return this.#lift("mute", which, options);
	}

	/** The bans that hold. */
	bans(options?: SanctionListOptions): Promise<SanctionPage> {
		return this.#list("ban", options);
	}

	/** The mutes that hold. */
	mutes(options?: SanctionListOptions): Promise<SanctionPage> {
		return this.#list("mute", options);
	}

	/** Changes how a room works. Resolves once that is stored. */
	async changeRoom(room: string, options: RoomSettingsOptions): Promise<void> {
		const { slowSeconds, isPrivate, key, ...wait }: RoomSettingsOptions = checkCallOptions("changeRoom()", options, [
			"slowSeconds",
			"isPrivate",
			"key",
		]);
		if (slowSeconds === undefined && isPrivate === undefined && key === undefined) {
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "changeRoom() needs one of slowSeconds, isPrivate and key.");
		}
		await this.#do("settings", { room, slow: slowSeconds, private: isPrivate?.toString(), key }, wait);
	}

	/** How a room works. */
	async roomSettings(room: string, options?: WaitOptions): Promise<RoomSettingsEntry> {
		const wait = checkCallOptions("roomSettings()", options);
		const id = this.#sender.newId();
		const asked = clientDocument("settings", { room, id });
		const answer = await this.#sender.ask(asked, (document) => document.is === "settings" && document.id === id, wait);
		if (answer.is === "settings") return answer.settings;
		throw new XMLSocketError("XMLSOCKET_INTERNAL", `A <${answer.is}> was taken for <settings>.`);
	}

	/** Lets a person into a private room. */
	async invite(room: string, name: string, options?: WaitOptions): Promise<void> {
		await this.#do("invite", { room, name }, checkCallOptions("invite()", options));
	}

	/** Takes an invitation back. Who is in the room stays. */
	async uninvite(room: string, name: string, options?: WaitOptions): Promise<void> {
		await this.#do("invite", { room, name, remove: "true" }, checkCallOptions("uninvite()", options));
	}

	async #impose(kind: "ban" | "mute", target: ModerationTarget, options: SanctionOptions | undefined): Promise<string> {
		const { seconds, reason, alsoAddress, ...wait }: SanctionOptions = checkCallOptions(`${kind}()`, options, [
			"seconds",
			"reason",
			"alsoAddress",
		]);
		const { room, name, session, address } = target;
		const also = alsoAddress ? "address" : undefined;
		const answer = await this.#do(kind, { room, name, session, address, for: seconds, also, reason }, wait);
		return answer.is === "ack" ? (answer.sanction ?? "") : "";
	}

	async #lift(
		kind: "ban" | "mute",
		which: ModerationTarget | { readonly id: string },
		options: WaitOptions | undefined,
	): Promise<void> {
		const wait = checkCallOptions(`un${kind}()`, options);
		if ("id" in which) {
			await this.#do(`un${kind}`, { [kind]: which.id }, wait);
			return;
		}
		const { room, name, session, address } = which;
		await this.#do(`un${kind}`, { room, name, session, address }, wait);
	}

	async #list(kind: "ban" | "mute", options: SanctionListOptions | undefined): Promise<SanctionPage> {
		const { room, offset, limit, ...wait }: SanctionListOptions = checkCallOptions(`${kind}s()`, options, [
			"room",
			"offset",
			"limit",
		]);
		const asked = clientDocument(`${kind}s`, { room, offset, limit, id: this.#sender.newId() });
		const answer = await this.#sender.ask(
			asked,
			(document) => document.is === "sanctions" && document.kind === kind,
			wait,
		);
		return answer.is === "sanctions" ? { sanctions: answer.list, more: answer.more } : { sanctions: [], more: false };
	}

	#do(
		element: OperatorElement,
		attributes: Readonly<Record<string, string | number | undefined>>,
		wait: WaitOptions,
	): ReturnType<Sender["ask"]> {
		const id = this.#sender.newId();
		return this.#sender.ask(
			clientDocument(element, { ...attributes, id }),
			(document) => document.is === "ack" && document.id === id,
			wait,
		);
	}
}
