// The options of a diagnosis, checked and with their defaults, and the bounds that all its steps share.

import { XMLSocketError } from "../../errors/index.ts";
import { checkWhole } from "../../options/check-whole.ts";
import { textCodec } from "../../transport/index.ts";
import { type TerminatorName, type TextCodec, terminatorBytes } from "../../wire/index.ts";
import type { DiagnosisCheck } from "./diagnosis.ts";

/** What to diagnose, and how. */
export interface DiagnoseOptions {
	/** HOST:PORT, an `xmlsocket://`, `xmlsockets://`, `ws://` or `wss://` address, or the http(s) address of a page with Flash content. */
	readonly address: string;
	/** The page that players open, such as `https://game.example`: its Origin for WebSockets, its domain for policy files. */
	readonly origin?: string | undefined;
	/**
	 * For a page: HOST:PORT exactly as the SWF asks for it; up to 20 if it asks for several. Default: each entry of the page's configuration
	 * is checked.
	 */
	readonly target?: string | readonly string[] | undefined;
	/** A document to send, which the server must answer. It is sent up to four times. Default: no document is sent. */
	readonly send?: string | undefined;
	/** The encoding of documents, as for `connect`. Default `utf-8`. */
	readonly encoding?: string | undefined;
	/** The bytes that end a document. Default `nul`. */
	readonly terminator?: TerminatorName | undefined;
	/** Addresses to use for names instead of looking them up, for example before a DNS record changes. Default: none. */
	readonly hosts?: Readonly<Record<string, string>> | undefined;
	/** Certificate authorities to trust, PEM. Default: those of Node. */
	readonly ca?: string | undefined;
	/** How long one step may take, such as a connection, in milliseconds, 1 to 600,000. Default 5000. */
	readonly timeoutMs?: number | undefined;
	/** How long the server may take to answer `send`, in milliseconds, 1 to 600,000. Default 3000. */
	readonly answerMs?: number | undefined;
	/** How long to wait for what the server sends by itself, in milliseconds, 1 to 600,000. Default 1000. */
	readonly greetingMs?: number | undefined;
	/** How long all of it may take, in milliseconds, 1 to 3,600,000; what is left is then "not checked". Default 60,000. */
	readonly totalMs?: number | undefined;
	/** The port to use instead of 843, for example a forwarded one. Default 843. */
	readonly masterPort?: number | undefined;
	/** Ends the diagnosis: `diagnose` rejects with XMLSOCKET_ABORTED. */
	readonly signal?: AbortSignal | undefined;
	/** Called with each check as soon as it is known. */
	readonly onCheck?: ((check: DiagnosisCheck) => void) | undefined;
}

/** A host and a port as a SWF asks for them. */
export interface AskedTarget {
	readonly host: string;
	readonly port: number;
}

const MAX_TARGETS = 20;

/** What the steps need to know. */
export interface Settings {
	readonly origin: URL | undefined;
	/** Empty: not known. */
	readonly targets: readonly AskedTarget[];
	readonly send: string | undefined;
	readonly codec: TextCodec;
	/** By the name in small letters. */
	readonly hosts: ReadonlyMap<string, string>;
	readonly terminator: Uint8Array;
	readonly ca: string | undefined;
	readonly timeoutMs: number;
	readonly answerMs: number;
	readonly greetingMs: number;
	readonly masterPort: number | undefined;
	/** Aborted at the end of the total time too. */
	readonly signal: AbortSignal;
}

/**
 * Checks the options.
 *
 * @throws XMLSOCKET_OPTION_INVALID
 */
export function settingsOf(options: DiagnoseOptions, signal: AbortSignal): Settings {
	const { send, encoding = "utf-8", terminator = "nul", masterPort } = options;
	const bytes = terminatorBytes(terminator);
	if (send !== undefined && (send === "" || send.includes("\0")))
		throw invalid("send", send === "" ? "an empty document has no answer" : "a document cannot contain U+0000");
	if (masterPort !== undefined) checkWhole("masterPort", masterPort, 1, 65_535);
	return {
		origin: options.origin === undefined ? undefined : originOf(options.origin),
		targets: targetsOf(options.target ?? []),
		send,
		codec: textCodec(encoding),
		terminator: bytes,
		hosts: hostsOf(options.hosts ?? {}),
		ca: options.ca,
		timeoutMs: checkWhole("timeoutMs", options.timeoutMs ?? 5000, 1, 600_000),
		answerMs: checkWhole("answerMs", options.answerMs ?? 3000, 1, 600_000),
		greetingMs: checkWhole("greetingMs", options.greetingMs ?? 1000, 1, 600_000),
		masterPort,
		signal,
	};
}

/** @throws XMLSOCKET_OPTION_INVALID */
export function totalMsOf(options: DiagnoseOptions): number {
	return checkWhole("totalMs", options.totalMs ?? 60_000, 1, 3_600_000);
}

function hostsOf(hosts: Readonly<Record<string, string>>): Map<string, string> {
	return new Map(
		Object.entries(hosts).map(([name, address]) => {
			if (!/^[\d.]+$|^[\da-f:.]*:[\da-f:.]*$/i.test(address))
				throw invalid("hosts", `"${address}" for ${name} is not an address`);
			return [name.toLowerCase(), address];
		}),
	);
}

// An address of a page is as good as its origin, and a name alone means the usual case.
function originOf(text: string): URL {
	const url = URL.canParse(text) && /^https?:\/\//i.test(text) ? new URL(text) : undefined;
	const full =
		url ??
		(/^[\w.*-]+(?::\d+)?$/.test(text) && URL.canParse(`https://${text}`) ? new URL(`https://${text}`) : undefined);
	if (!full || full.hostname.includes("*"))
		throw invalid("origin", `"${text}" is not the address of a page: write https://game.example`);
	return full;
}

function targetsOf(target: string | readonly string[]): readonly AskedTarget[] {
	const texts = typeof target === "string" ? [target] : target;
	if (texts.length > MAX_TARGETS) throw invalid("target", `${texts.length} are more than ${MAX_TARGETS}`);
	return texts.map(targetOf);
}

function targetOf(text: string): AskedTarget {
	const found = /^(?:xmlsocket:\/\/)?(?:\[([\da-f:.]+)\]|([^\s:/?#@[\]]+)):(\d{1,5})\/?$/i.exec(text);
	const port = Number(found?.[3]);
	if (!found || port < 1 || port > 65_535)
		throw invalid("target", `"${text}" is not HOST:PORT, as the SWF asks for it`);
	return { host: found[1] ?? found[2]!, port };
}

function invalid(name: string, why: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_OPTION_INVALID", `Option "${name}": ${why}.`);
}
