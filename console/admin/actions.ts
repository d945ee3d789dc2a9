// What an operator can do with clients and rooms, each as a question for the dialog and a request to the API: say, remove, disconnect, mute,
// ban, and lift. The words say whom it reaches, above all where an address is shared.

import type { ActionSpec, Answers, Field } from "./action-dialog.ts";
import type { AdminApi } from "./api.ts";
import type { ClientRow, SanctionRow } from "./api-types.ts";
import { countWords, nameWords } from "./words.ts";

type SanctionKind = SanctionRow["kind"];

const MAX_TEXT = 8000;
const MAX_REASON = 200;
/** A dialog does not wait longer for a count that is only for its words. */
const COUNT_MS = 1500;
const TIMES: readonly (readonly [seconds: string, label: string])[] = [
	["600", "10 minutes"],
	["3600", "1 hour"],
	["86400", "1 day"],
	["604800", "1 week"],
	["2592000", "30 days"],
	["", "until you lift it"],
];
const TIME_FIELD: Field = {
	kind: "choice",
	name: "seconds",
	label: "For",
	options: TIMES.map(([value, label]) => ({ value, label })),
};
const REASON_FIELD: Field = {
	kind: "text",
	name: "reason",
	label: "Reason, shown to the person (optional)",
	maxLength: MAX_REASON,
};
const VERBS: Readonly<Record<SanctionKind, string>> = { ban: "Ban", mute: "Mute" };

/** Says something to the members of a room. */
export function sayAction(api: AdminApi, room: string, serverName: string): ActionSpec {
	return {
		title: `Say something in ${nameWords(room)}`,
		words: `All members see it as a message from ${serverName}.`,
		ok: "Say it",
		isDangerous: false,
		fields: [{ kind: "text", name: "text", label: "Text", maxLength: MAX_TEXT, isRequired: true, isLong: true }],
		async run({ text = "" }) {
			await api.post("say", { room, text });
			return `Said in ${nameWords(room)}.`;
		},
	};
}

/** Disconnects a client. */
export function disconnectAction(api: AdminApi, client: ClientRow): ActionSpec {
	const name = nameWords(client.name);
	return {
		title: `Disconnect ${name}?`,
		words: `The client at ${client.address} is told that it was kicked, and its connection ends. It can connect again unless you ban it.`,
		ok: "Disconnect",
		isDangerous: true,
		fields: [],
		async run() {
			await api.post("kick", { client: client.id });
			return `${name} was disconnected.`;
		},
	};
}

/** Removes a member from a room. @param client the id of its connection, because names can change hands */
export function removeAction(api: AdminApi, room: string, member: string | undefined, client: string): ActionSpec {
	const name = nameWords(member);
	return {
		title: `Remove ${name} from ${nameWords(room)}?`,
		words: "The client stays connected, and can enter the room again unless you ban it there.",
		ok: "Remove",
		isDangerous: true,
		fields: [],
		async run() {
			await api.post("kick", { room, client });
			return `${name} was removed from ${nameWords(room)}.`;
		},
	};
}

/**
 * Bans or mutes a client that is here.
 *
 * @param sameAddress how many clients have its address, in words; empty: it is not known
 */
export function sanctionClientAction(
	api: AdminApi,
	kind: SanctionKind,
	client: ClientRow,
	sameAddress: string,
): ActionSpec {
	const name = nameWords(client.name);
	const who: Field = {
		kind: "choice",
		name: "who",
		label: "Whom",
		options: [
			// A daemon without a chat knows addresses alone.
			...(client.name
				? [
						{ value: "name", label: `the name ${name}` },
						{ value: "client", label: "this client, whatever name it takes" },
						{ value: "both", label: `the name ${name}, and the address ${client.address}` },
					]
				: []),
			{ value: "address", label: `the address ${client.address}` },
		],
	};
	const places = client.rooms.map((room) => ({ value: `in ${room}`, label: `in ${nameWords(room)}` }));
	const where: Field = {
		kind: "choice",
		name: "where",
		label: "Where",
		options: [{ value: "", label: "everywhere" }, ...places],
	};
	return {
		title: `${VERBS[kind]} ${name}`,
		words: (answers) => sanctionWords(kind, answers, sameAddress),
		ok: VERBS[kind],
		isDangerous: true,
		fields: [who, where, TIME_FIELD, REASON_FIELD],
		async run(answers) {
			const room = answers.where ? answers.where.slice("in ".length) : undefined;
			await api.post(kind, { ...body(answers), room, ...targetOf(client, answers.who) });
			return kind === "ban" ? `${name} was banned.` : `${name} was muted.`;
		},
	};
}

/** Bans or mutes what a user types. */
export function sanctionAction(api: AdminApi, kind: SanctionKind): ActionSpec {
	return {
		title: kind === "ban" ? "New ban" : "New mute",
		words: (answers) => sanctionWords(kind, answers, ""),
		ok: VERBS[kind],
		isDangerous: true,
		fields: [
			{
				kind: "choice",
				name: "who",
				label: "Whom",
				options: [
					{ value: "name", label: "a name" },
					{ value: "address", label: "an address or a range (CIDR)" },
				],
			},
			{
				kind: "text",
				name: "value",
				label: "Name, address or range",
				maxLength: 64,
				isRequired: true,
				placeholder: "ann, 203.0.113.7, 203.0.113.0/24",
			},
			{ kind: "text", name: "room", label: "Room (empty: everywhere)", maxLength: 64 },
			TIME_FIELD,
			REASON_FIELD,
		],
		async run(answers) {
			await api.post(kind, {
				...body(answers),
				room: answers.room || undefined,
				[answers.who ?? "name"]: answers.value,
			});
			return kind === "ban" ? `${answers.value} was banned.` : `${answers.value} was muted.`;
		},
	};
}

/** Lifts a ban or a mute. */
export function liftAction(api: AdminApi, sanction: SanctionRow): ActionSpec {
	const who = whoWords(sanction);
	return {
		title: `Lift the ${sanction.kind} of ${who}?`,
		words: sanction.kind === "ban" ? "It can come back at once." : "It can speak again at once.",
		ok: "Lift",
		isDangerous: false,
		fields: [],
		async run() {
			await api.delete(`sanctions/${encodeURIComponent(sanction.id)}`);
			return `The ${sanction.kind} of ${who} was lifted.`;
		},
	};
}

/** Whom a ban or a mute concerns. */
export function whoWords({ who, addresses = [] }: SanctionRow): string {
	if (who.name !== undefined) return [nameWords(who.name), ...addresses].join(", ");
	if (who.address !== undefined) return who.address;
	return `session ${nameWords((who.session ?? "").slice(0, 8))}`;
}

/** How many clients have this address, in words; empty where it cannot be found out. */
export async function countOfAddress(api: AdminApi, address: string): Promise<string> {
	try {
		const answer = await api.get("clients", { address, limit: 500 }, AbortSignal.timeout(COUNT_MS));
		const count = Array.isArray(answer.clients) ? answer.clients.length : 0;
		return answer.next === undefined || answer.next === null ? countWords(count, "client") : "more than 500 clients";
	} catch {
		return "";
	}
}

function targetOf(client: ClientRow, who: string | undefined): object {
	if (who === "address") return { address: client.address };
	if (who === "client") return { client: client.id };
	return { name: client.name, ...(who === "both" ? { also: "address" } : {}) };
}

function body(answers: Answers): { seconds: number | undefined; reason: string | undefined } {
	return {
		seconds: answers.seconds ? Number(answers.seconds) : undefined,
		reason: answers.reason || undefined,
	};
}

function sanctionWords(kind: SanctionKind, answers: Answers, sameAddress: string): string {
	const effect =
		kind === "ban"
			? answers.where || answers.room
				? "It leaves the room, and cannot enter it until the ban ends."
				: "It is disconnected, and cannot come back until the ban ends."
			: "It can read, and what it says is refused until the mute ends.";
	if ((answers.who === "address" || answers.who === "both") && sameAddress !== "")
		return `${effect} This concerns all who have this address: ${sameAddress} at the moment. Behind a proxy that the daemon does not know, all clients have the address of the proxy.`;
	if (answers.who === "name") return `${effect} It holds for the name, and for the client that has it now.`;
	return effect;
}
