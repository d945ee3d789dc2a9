// What a banned or muted person is shown: errors and notices.

import { XMLSocketError } from "../../errors/index.ts";
import type { ListedSanction } from "./sanction-list.ts";

const LONGEST_IN_SECONDS = 86_400;

/** The refusal that a ban or a mute causes. @param tell whether it is about private messages */
export function sanctionError(listed: ListedSanction, nowMs: number, tell = false): XMLSocketError {
	const { kind, room } = listed.sanction;
	const how = kind === "ban" ? "banned" : "muted";
	const where = placeOf(kind, room);
	const what = tell ? "You are muted, so you cannot send private messages" : `You are ${how}${where}`;
	const seconds = secondsLeft(listed, nowMs);
	return new XMLSocketError(
		kind === "ban" ? "XMLSOCKET_BANNED" : "XMLSOCKET_MUTED",
		`${what}${lengthOf(listed, seconds, "more ")}.${reasonOf(listed)}`,
		{ details: seconds === undefined ? {} : { retryAfterSeconds: seconds } },
	);
}

/** The text of the notice that a muted person gets. */
export function muteWords(listed: ListedSanction, nowMs: number): string {
	const { kind, room } = listed.sanction;
	return `You are muted${placeOf(kind, room)}${lengthOf(listed, secondsLeft(listed, nowMs), "")}.${reasonOf(listed)}`;
}

/** The whole seconds that are left of one; undefined where it has no end. */
export function secondsLeft({ endsMs }: ListedSanction, nowMs: number): number | undefined {
	return endsMs === Number.POSITIVE_INFINITY ? undefined : Math.max(0, Math.ceil((endsMs - nowMs) / 1000));
}

function placeOf(kind: "ban" | "mute", room: string | undefined): string {
	if (kind === "ban") return room === undefined ? " from this server" : ` from room "${room}"`;
	return room === undefined ? " on this server" : ` in room "${room}"`;
}

function lengthOf({ sanction }: ListedSanction, seconds: number | undefined, more: string): string {
	if (seconds === undefined || sanction.untilMs === undefined) return "";
	if (seconds <= LONGEST_IN_SECONDS) return ` for ${seconds} ${more}seconds`;
	return ` until ${new Date(sanction.untilMs).toISOString()}`;
}

function reasonOf({ sanction: { reason } }: ListedSanction): string {
	return reason === undefined ? "" : ` Reason: ${reason}`;
}
