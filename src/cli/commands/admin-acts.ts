// `xmlsocket say`, `kick`, `ban`, `mute`, `unban` and `unmute`: what an operator does to a running daemon.

import { XMLSocketError } from "../../errors/index.ts";
import { AdminClient, type AdminFlags } from "../admin/admin-client.ts";

/** Sends a text to a room, from the server's name. */
export async function say(room: string, words: readonly string[], flags: AdminFlags): Promise<void> {
	const text = words.join(" ");
	const answer = await new AdminClient(flags).send<{ seq?: number }>("POST", "say", { room, text });
	report(flags, answer, answer.seq === undefined ? "Sent." : `Sent as number ${answer.seq}.`);
}

/** The flags of `kick`. */
export interface KickFlags extends AdminFlags {
	readonly client?: string;
	readonly disconnect?: string;
}

/** Removes a person from a room, or disconnects one. */
export async function kick(room: string | undefined, name: string | undefined, flags: KickFlags): Promise<void> {
	const { client, disconnect } = flags;
	const given = [name, client, disconnect].filter((one) => one !== undefined).length;
	if (given !== 1 || (disconnect !== undefined && room !== undefined)) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			"Name one person: kick ROOM NAME, kick ROOM --client ID, kick --disconnect NAME, or kick --client ID.",
		);
	}
	const who = client === undefined ? { name: name ?? disconnect } : { client };
	const body = room === undefined ? who : { room, ...who };
	const answer = await new AdminClient(flags).send<{ removed: number }>("POST", "kick", body);
	const done = room === undefined ? "disconnected" : `removed from ${room}`;
	report(flags, answer, `${answer.removed} ${answer.removed === 1 ? "connection" : "connections"} ${done}.`);
	if (answer.removed === 0) process.exitCode = 1;
}

interface TargetFlags extends AdminFlags {
	/** Default: everywhere. */
	readonly room?: string;
	/** An address or a range, instead of a name. */
	readonly range?: string;
}

/** The flags of `ban` and `mute`. */
export interface SanctionFlags extends TargetFlags {
	/** An id of `clients`, instead of a name. */
	readonly client?: string;
	readonly alsoAddress?: boolean;
	readonly for: string;
	readonly reason?: string;
}

/** Bans or mutes a person, an address or a range. */
export async function impose(kind: "ban" | "mute", name: string | undefined, flags: SanctionFlags): Promise<void> {
	const { room, range, client, reason } = flags;
	if ([name, range, client].filter((one) => one !== undefined).length !== 1) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`Name either a person, --range or --client: xmlsocket ${kind} NAME.`,
		);
	}
	const seconds = flags.for === "forever" ? undefined : secondsOf(flags.for);
	const also = flags.alsoAddress ? "address" : undefined;
	const body = { room, name, client, address: range, also, seconds, reason };
	const answer = await new AdminClient(flags).send("POST", kind, body);
	const where = room === undefined ? "everywhere" : kind === "ban" ? `from ${room}` : `in ${room}`;
	const time = seconds === undefined ? "until it is lifted" : `for ${seconds} s`;
	report(flags, answer, `${kind === "ban" ? "Banned" : "Muted"} ${where} ${time}.`);
}

/** The flags of `unban` and `unmute`. */
export interface LiftFlags extends TargetFlags {
	/** An id of `bans` or `mutes`, instead of a name. */
	readonly id?: string;
}

/** Ends a ban or a mute. */
export async function lift(kind: "ban" | "mute", name: string | undefined, flags: LiftFlags): Promise<void> {
	const { room, range, id } = flags;
	if ([name, range, id].filter((one) => one !== undefined).length !== 1 || (id !== undefined && room !== undefined)) {
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`Name either a person, --range or --id: xmlsocket un${kind} NAME. \`xmlsocket ${kind}s\` lists them.`,
		);
	}
	const admin = new AdminClient(flags);
	const answer =
		id === undefined
			? await admin.send("POST", `un${kind}`, { room, name, address: range })
			: await admin.send("DELETE", `sanctions/${encodeURIComponent(id)}`);
	report(flags, answer, `The ${kind} was lifted.`);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function secondsOf(text: string): number {
	const [, number, unit = "s"] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
	if (number !== undefined) return Number(number) * UNITS[unit || "s"]!;
	throw new XMLSocketError(
		"XMLSOCKET_OPTION_INVALID",
		`--for must be a time such as 90s, 10m, 2h or 30d, or forever, but is "${text}".`,
	);
}

function report({ json }: AdminFlags, answer: object, text: string): void {
	process.stdout.write(`${json ? JSON.stringify(answer) : text}\n`);
}
