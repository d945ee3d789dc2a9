// The targets that pages may reach: `[NAME[:PORT]=]HOST:PORT[?encoding=…&private=yes]`, parsed once and compared exactly. A page's request
// is never parsed into an address; it only selects a target.

import { XMLSocketError } from "../errors/index.ts";
import { canonicalAddress, isDialable } from "./address-rules.ts";

/** A server that pages may reach. */
export interface Target {
	/** Its name in `/gateway/NAME`; by default `HOST:PORT`. Of several targets with one name, all but the first have their port behind it. */
	readonly name: string;
	/** The host and port that content may ask for instead of the target's own: the name, and its port or that of the target. */
	readonly alias: { readonly host: string; readonly port: number } | undefined;
	/** The host, as pages may request it: in lower case; an IPv6 address without brackets. */
	readonly host: string;
	readonly port: number;
	/** The WebSocket path on the gateway, for example `/gateway/chat`. */
	readonly path: string;
	/** Whether the host is an address instead of a name. */
	readonly isAddress: boolean;
	/** Whether the name may resolve to this machine or a private network. */
	readonly allowsPrivate: boolean;
	/** The target's encoding; undefined: bytes pass unchanged. */
	readonly encoding: string | undefined;
}

/** The path of the gateway's WebSockets: `/gateway/NAME`, and `/gateway?host=…&port=…`. */
export const GATEWAY_PATH = "/gateway";

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/i;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const MAX_HOST_CHARACTERS = 253;
const MIN_PORT = 1;
const MAX_PORT = 65535;

/**
 * Parses a target.
 *
 * @throws XMLSOCKET_TARGET_INVALID
 *
 * @example
 * ```ts
 * parseTarget("chat=game.example.com:9339").path; // "/gateway/chat"
 * parseTarget("old.example:443=localhost:6112").alias; // { host: "old.example", port: 443 }
 * parseTarget("old=10.0.0.7:5000?encoding=gbk").encoding; // "gbk"
 * ```
 */
export function parseTarget(text: string): Target {
	const [address, query] = cut(text, "?");
	const [written, where] = address.includes("=") ? (cut(address, "=") as [string, string]) : [undefined, address];
	const { name, port: askedPort } = written === undefined ? { name: undefined } : readName(text, written);
	if (/^\d{1,5}$/.test(text))
		throw invalid(
			text,
			`it is a port alone. The gateway's own port is --port ${text}; for a server of this machine, write :${text}`,
		);
	const match = /^(?:(?:tcp|xmlsocket):\/\/)?(?:\[([^\]]*)\]|([^:/]*)):(\d{1,5})$/.exec(where);
	const port = Number(match?.[3]);
	if (!match || port < MIN_PORT || port > MAX_PORT) {
		throw invalid(text, "write [NAME=]HOST:PORT with a port from 1 to 65535, and an IPv6 address in brackets");
	}
	const host = match[1] === undefined ? match[2]!.toLowerCase() || "localhost" : canonicalAddress(match[1]);
	if (host === undefined || (match[1] !== undefined && !match[1].includes(":"))) {
		throw invalid(text, `"[${match[1]}]" is not an IPv6 address`);
	}
	const isAddress = canonicalAddress(host) === host;
	if (isAddress && !isDialable(host)) throw invalid(text, `no connection to ${host} is possible`);
	if (!isAddress && !isHostName(host)) {
		throw invalid(text, `"${host}" is neither a host name nor an address in its full form, such as 127.0.0.1`);
	}
	const settings = readSettings(text, query);
	const fullName = written ?? `${isAddress && host.includes(":") ? `[${host}]` : host}:${port}`;
	const alias = name === undefined ? undefined : { host: name, port: askedPort ?? port };
	return { name: fullName, alias, host, port, path: `${GATEWAY_PATH}/${fullName}`, isAddress, ...settings };
}

function readName(text: string, written: string): { readonly name: string; readonly port: number | undefined } {
	const [name, portText] = cut(written, ":");
	const port = portText === undefined ? undefined : Number(portText);
	if (!NAME.test(name))
		throw invalid(text, `"${name}" is not a valid name: use 1 to 64 letters, digits, dots, dashes and underscores`);
	if (portText !== undefined && !(/^\d{1,5}$/.test(portText) && port! >= MIN_PORT && port! <= MAX_PORT))
		throw invalid(text, `"${portText}" is not the port that content asks for: use 1 to 65535, or leave it out`);
	return { name, port };
}

/** Whether `host` is a valid host name: labels of letters, digits, dashes and underscores, the last of which is not a number. */
export function isHostName(host: string): boolean {
	const labels = host.split(".");
	// Some systems read `127.1`, `0x7f000001` and `017700000001` as addresses.
	const last = labels.at(-1)!;
	return (
		host.length <= MAX_HOST_CHARACTERS &&
		labels.every((label) => LABEL.test(label)) &&
		!/^(?:\d+|0x[\da-f]*)$/.test(last)
	);
}

/**
 * The operator's targets.
 */
export class TargetList {
	readonly all: readonly Target[];
	readonly #byName: ReadonlyMap<string, Target>;
	readonly #byPair: ReadonlyMap<string, Target>;

	/** @throws XMLSOCKET_TARGET_INVALID, also if two targets have the same name and port. */
	constructor(texts: readonly string[]) {
		const byName = new Map<string, Target>();
		const byPair = new Map<string, Target>();
		// Two names for one host and port may differ in encoding; the pair selects the first target.
		const addPair = (host: string, port: number, target: Target): void => {
			const key = pairKey(host, port);
			if (!byPair.has(key)) byPair.set(key, target);
		};
		this.all = texts.map((text) => {
			const parsed = parseTarget(text);
			const { alias, host, port } = parsed;
			if (!alias && byName.has(parsed.name)) throw invalid(text, "this target is listed twice");
			// Old content asks one host at several ports: the name and the port together are a name too.
			const full = alias ? `${alias.host}:${alias.port}` : parsed.name;
			if (byName.has(full)) throw invalid(text, `two targets have the name ${parsed.name} and the port ${alias!.port}`);
			const target = byName.has(parsed.name) ? { ...parsed, name: full, path: `${GATEWAY_PATH}/${full}` } : parsed;
			byName.set(target.name, target).set(full, target);
			addPair(host, port, target);
			if (alias) addPair(alias.host.toLowerCase(), alias.port, target);
			return target;
		});
		this.#byName = byName;
		this.#byPair = byPair;
	}

	/** The target with this name. */
	named(name: string): Target | undefined {
		return this.#byName.get(name);
	}

	/** The target with exactly this host, in any case of letters, and port. */
	at(host: string, port: number): Target | undefined {
		return this.#byPair.get(pairKey(host.toLowerCase(), port));
	}
}

function pairKey(host: string, port: number): string {
	return `${host} ${port}`;
}

function readSettings(text: string, query: string | undefined): Pick<Target, "encoding" | "allowsPrivate"> {
	const parameters = new URLSearchParams(query ?? "");
	for (const [key, value] of parameters) {
		if (key === "encoding" && value !== "") continue;
		if (key === "private" && value === "yes") continue;
		throw invalid(text, `after the ?, only encoding=LABEL and private=yes are allowed, not "${key}=${value}"`);
	}
	return { encoding: parameters.get("encoding") ?? undefined, allowsPrivate: parameters.has("private") };
}

function cut(text: string, mark: string): [string, string | undefined] {
	const at = text.indexOf(mark);
	return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function invalid(text: string, words: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_TARGET_INVALID", `The target "${text}" cannot be used: ${words}.`);
}
