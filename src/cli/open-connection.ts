// Opens a connection from the flags that `connect`, `send` and `listen` share, and prints documents.

import { readFileSync } from "node:fs";
import { XMLSocketError } from "../errors/index.ts";
import { type Connection, type ConnectOptions, connect, element } from "../index.ts";
import { declaredEncoding, textCodec } from "../transport/text-codec.ts";
import { pretty, rootElement, XML } from "../xml/index.ts";
import { painterFor } from "./colour.ts";
import { STREAM_CHARS } from "./stream-chars.ts";

/** Opens the connection that the flags describe. */
export async function openConnection(address: string, flags: Record<string, unknown>): Promise<Connection> {
	if (flags.stream && flags.terminator !== undefined && flags.terminator !== "nul") {
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "--terminator has no meaning with --stream.");
	}
	const tls = {
		...(flags.insecure ? { insecure: true } : {}),
		...(typeof flags.ca === "string" ? { ca: readAuthority(flags.ca) } : {}),
	};
	const options: ConnectOptions = {
		connectTimeoutMs: numberOf(flags.timeout, "--timeout") ?? 20_000,
		...(flags.stream
			? { stream: { maxUnprocessedChars: STREAM_CHARS } }
			: { terminator: String(flags.terminator ?? "nul") }),
		codec: textCodec(String(flags.encoding ?? "utf-8")),
		tls,
		...(typeof flags.origin === "string" ? { origin: flags.origin } : {}),
		...(Array.isArray(flags.header) ? { headers: headersOf(flags.header) } : {}),
		...(typeof flags.lingerMs === "number" ? { lingerMs: flags.lingerMs } : {}),
		...(flags.reconnect ? { reconnect: { retryFirst: flags.retryFirst === true } } : {}),
	};
	const connection = await connect(flags.tls ? secured(address) : address, options);
	if (flags.pong !== false && !flags.stream) answerPings(connection);
	return connection;
}

function headersOf(lines: readonly string[]): Record<string, string> {
	return Object.fromEntries(
		lines.map((line) => {
			const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
			if (name !== undefined && value !== undefined) return [name, value.trim()];
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `--header takes NAME: VALUE, not "${line}".`);
		}),
	);
}

/**
 * Reports what a user cannot see in the output: bytes that no terminator followed, and a wrong encoding.
 *
 * @param report default: writes to standard error
 */
export function reportSurprises(
	connection: Connection,
	flags: Record<string, unknown>,
	report = (text: string): void => void process.stderr.write(`xmlsocket: ${text}\n`),
): void {
	let received = 0;
	let isReported = false;
	connection.on("document", ({ text }) => {
		received++;
		if (isReported || !text.includes("\ufffd")) return;
		isReported = true;
		const declared = declaredEncoding(text);
		report(
			`a document is not valid ${String(flags.encoding ?? "utf-8")}: set --encoding ${declared ?? "to its encoding, for example gbk"}.`,
		);
	});
	void connection.closed.then(({ by, unfinishedBytes }) => {
		if (flags.stream || !unfinishedBytes || (by === "local" && received > 0)) return;
		const terminator = String(flags.terminator ?? "nul");
		report(
			`no terminator (${terminator}) follows the last ${unfinishedBytes} bytes, so they are not shown; --terminator sets it.`,
		);
	});
}

/**
 * Prints documents until `count` have arrived or the connection ends. Resolves with the number of documents.
 *
 * @param passes which documents are printed and counted. Default: all.
 */
export function countDocuments(
	connection: Connection,
	count: number,
	print: (text: string) => void,
	passes: (text: string) => boolean = () => true,
): Promise<number> {
	return new Promise((resolve) => {
		let received = 0;
		connection.on("document", (document) => {
			if (received >= count || !passes(document.text)) return;
			print(document.text);
			received++;
			if (received === count) resolve(received);
		});
		void connection.closed.then(() => resolve(received));
	});
}

/** A number among the flags. @throws XMLSOCKET_OPTION_INVALID */
export function numberOf(value: unknown, flag: string): number | undefined {
	if (value === undefined) return undefined;
	const number = Number(value);
	if (Number.isFinite(number) && number >= 0 && String(value).trim() !== "") return number;
	throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `${flag} must be a number from 0, but is "${String(value)}".`);
}

/** The function that prints a document. @param marker begins each document on a terminal, except with --json. */
export function printer(flags: Record<string, unknown>, marker = ""): (text: string) => void {
	if (flags.json) return (text) => process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), text })}\n`);
	const shown = process.stdout.isTTY ? withoutControls : (text: string): string => text;
	const arranged = flags.pretty ? indented : (text: string): string => text;
	const paint = painterFor(process.stdout);
	// An <error> is what a reader of many documents must not miss.
	const coloured = (text: string): string => {
		if (text.startsWith("<error")) return paint("red", text);
		return flags.pretty ? text.replace(/<[^>]*>/g, (tag) => paint("cyan", tag)) : text;
	};
	return (text) => process.stdout.write(`${marker}${coloured(shown(arranged(text)))}\n`);
}

// Text that is not well-formed XML is printed unchanged.
function indented(text: string): string {
	const document = new XML(text);
	return document.status === 0 && rootElement(document) ? pretty(document).trimEnd() : text;
}

// A peer must not be able to control the user's terminal.
function withoutControls(text: string): string {
	return text.replace(/[^\P{Cc}\t\n]/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function answerPings(connection: Connection): void {
	connection.on("document", (document) => {
		if (!document.text.includes("<ping")) return;
		const { root } = document;
		if (root?.nodeName === "ping") connection.send(element("pong", { id: root.attributes.id as string | undefined }));
	});
}

/** The address with TLS. */
export function secured(address: string): string {
	return address.includes("://")
		? address.replace(/^xmlsocket:/i, "xmlsockets:").replace(/^ws:/i, "wss:")
		: `xmlsockets://${/^\d+$/.test(address) ? `localhost:${address}` : address.startsWith(":") ? `localhost${address}` : address}`;
}

/** The text of a PEM file. @throws XMLSOCKET_CERTIFICATE_UNREADABLE */
export function readAuthority(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch (cause) {
		throw new XMLSocketError(
			"XMLSOCKET_CERTIFICATE_UNREADABLE",
			`The file ${file} cannot be read: ${(cause as Error).message}.`,
			{ cause },
		);
	}
}
