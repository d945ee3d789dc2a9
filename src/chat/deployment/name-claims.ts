// Whose name is whose in the whole deployment: claims that only one node gets, taken before a name is given here and given back
// after it. Those at work on the same name wait for each other. docs/scale.md, "Between daemons".

import type { Bus } from "../../cluster/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import type { Chat } from "../chat.ts";
import type { ChatSession } from "../chat-session.ts";
import { isGuestKey } from "../names.ts";
import type { Remote } from "./roster.ts";

/** The names that this node has claimed, or wants. A claim's holder is `NODE SESSION`. */
export class NameClaims {
	readonly #chat: Chat;
	readonly #bus: Bus;
	readonly #mayLive: (node: string) => boolean;
	// Whoever is at work on a name's claim; the next one waits for it.
	readonly #turns = new Map<string, Promise<void>>();
	#unconfirmed = false;
	#confirming = false;

	/** @param mayLive whether a node may be alive, as far as is known */
	constructor(chat: Chat, bus: Bus, mayLive: (node: string) => boolean) {
		this.#chat = chat;
		this.#bus = bus;
		this.#mayLive = mayLive;
	}

	/**
	 * Takes a name for a session, and then calls `begin`, before anyone else here gets a turn with that name; where `begin`
	 * throws, the name is given back.
	 *
	 * Rejects with XMLSOCKET_NAME_TAKEN, XMLSOCKET_UNAVAILABLE, and what `begin` throws.
	 */
	claim(key: string, name: string, session: string, begin: () => void): Promise<void> {
		const holder = this.#holder(session);
		return this.#inTurn(key, async () => {
			const owner = await this.#bus.leases.acquire(key, holder, (present) => this.#mayReplace(key, present, session));
			if (owner !== holder) {
				throw new XMLSocketError("XMLSOCKET_NAME_TAKEN", `Someone else has the name "${name}".`);
			}
			try {
				begin();
			} finally {
				if (!this.#has(key, session)) await this.#bus.leases.release(key, holder);
			}
		});
	}

	/** Gives a name back. */
	release(key: string, session: string): void {
		if (isGuestKey(key)) return;
		this.#inTurn(key, async () => {
			// The same client may be back already.
			if (!this.#has(key, session)) await this.#bus.leases.release(key, this.#holder(session));
		}).catch(() => {});
	}

	/**
	 * After a silence of this node's own, names may have gone to others: whoever lost one is told so. Where the claims cannot be
	 * reached, `sweep` goes on.
	 */
	async claimAgain(): Promise<void> {
		this.#unconfirmed = true;
		await this.sweep();
	}

	/** Once a second: claims what is to be claimed again. */
	async sweep(): Promise<void> {
		if (!this.#unconfirmed || this.#confirming) return;
		this.#unconfirmed = false;
		this.#confirming = true;
		for (const session of [...this.#chat.sessions.values()]) {
			if (await this.confirm(session)) continue;
			this.#unconfirmed = true;
			break;
		}
		this.#confirming = false;
	}

	/**
	 * Claims the name of somebody here once more, where the claim may be another's by now, or that of an earlier connection of the same
	 * session at another node.
	 *
	 * @returns false where the claims cannot be reached.
	 */
	async confirm(session: ChatSession): Promise<boolean> {
		if (session.gone || isGuestKey(session.nameKey)) return true;
		try {
			await this.claim(session.nameKey, session.name, session.key.id, () => {});
		} catch (error) {
			if (!(error instanceof XMLSocketError) || error.code !== "XMLSOCKET_NAME_TAKEN") return false;
			if (!session.gone) session.loseName(error);
		}
		return true;
	}

	/** Gives back what people of a dead node had. */
	async releaseAll(people: readonly Remote[]): Promise<void> {
		for (const { nameKey: key, node, session } of people) {
			if (isGuestKey(key)) continue;
			// Where it fails, the name can be taken all the same: its node is gone.
			await this.#bus.leases.release(key, `${node} ${session}`).catch(() => {});
		}
	}

	#has(key: string, session: string): boolean {
		return this.#chat.names.holder(key)?.key.id === session;
	}

	#holder(session: string): string {
		return `${this.#bus.node} ${session}`;
	}

	#mayReplace(key: string, present: string, session: string): boolean {
		const [node, owner] = present.split(" ");
		if (owner === session) return true;
		if (node === this.#bus.node) return owner === undefined || !this.#has(key, owner);
		return !this.#mayLive(node ?? "");
	}

	#inTurn(key: string, work: () => Promise<void>): Promise<void> {
		const turn = (this.#turns.get(key) ?? Promise.resolve()).then(work);
		const over = turn
			.catch(() => {})
			.then(() => {
				if (this.#turns.get(key) === over) this.#turns.delete(key);
			});
		this.#turns.set(key, over);
		return turn;
	}
}
