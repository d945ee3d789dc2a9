// Tickets: a login token is used once, but its user reconnects, also to another daemon, and after a restart. So the session's key gets a signed
// part that proves the same name for some hours. It is bound to the session, and signed with a key derived from the secrets of the key file.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { XMLSocketError } from "../errors/index.ts";
import { type LoginKeys, type TicketKey, ticketKeyOf } from "./login-keys.ts";

/** What a ticket proves. */
export interface TicketGrant {
	readonly name: string;
	readonly operator: boolean;
	readonly rooms: readonly string[] | undefined;
	/** Milliseconds since 1970. */
	readonly endsMs: number;
}

/** How long a login lasts over reconnections. */
export const LOGIN_LASTS_MS = 43_200_000;
const MAX_TICKET = 1024;

/** Writes and reads tickets. */
export class LoginTickets {
	/** Used where the file has no secret: its tickets hold at this process alone. */
	readonly #own: TicketKey = ticketKeyOf(randomBytes(32));
	#keys: readonly TicketKey[] = [];

	/** Takes the keys of a file. Tickets of a secret that is not in it any more are worth nothing. */
	use({ ticketKeys }: LoginKeys): void {
		this.#keys = ticketKeys.length > 0 ? ticketKeys : [this.#own];
	}

	/** A ticket for a session. @throws XMLSOCKET_TOKEN_INVALID where the names of the rooms are too long for one. */
	write(session: string, { name, operator, rooms, endsMs }: TicketGrant): string {
		const { id, key } = this.#keys[0]!;
		const payload = Buffer.from(JSON.stringify([Math.floor(endsMs / 1000), name, operator ? 1 : 0, rooms ?? 0]));
		const text = `${id}.${payload.toString("base64url")}`;
		const ticket = `${text}.${macOf(key, session, text).toString("base64url")}`;
		if (ticket.length <= MAX_TICKET) return ticket;
		throw new XMLSocketError("XMLSOCKET_TOKEN_INVALID", "The names of the login token's rooms are too long together.");
	}

	/** What a ticket of that session proves, also one that is over; undefined where it is not one. */
	read(session: string, ticket: string): TicketGrant | undefined {
		const found = /^([\w-]{8})\.([\w-]+)\.([\w-]{43})$/.exec(ticket);
		const key = found && this.#keys.find(({ id }) => id === found[1]);
		if (!found || !key) return undefined;
		const mac = Buffer.from(found[3]!, "base64url");
		if (!timingSafeEqual(mac, macOf(key.key, session, `${found[1]}.${found[2]}`))) return undefined;
		const [endS, name, operator, rooms] = JSON.parse(Buffer.from(found[2]!, "base64url").toString("utf8")) as [
			number,
			string,
			0 | 1,
			string[] | 0,
		];
		return { name, operator: operator === 1, rooms: rooms === 0 ? undefined : rooms, endsMs: endS * 1000 };
	}
}

function macOf(key: Buffer, session: string, text: string): Buffer {
	return createHmac("sha256", key).update(`${session}\n${text}`).digest();
}
