// The options of an inspector, checked, with their defaults.

import { XMLSocketError } from "../../errors/index.ts";
import { checkWhole } from "../../options/check-whole.ts";
import { type TerminatorName, terminatorBytes } from "../../wire/index.ts";
import type { DocumentEvent, TrafficEvent } from "../traffic/index.ts";
import type { HeldDocument } from "./held-documents.ts";
import { type InspectTarget, parseInspectTarget } from "./target-dialler.ts";

/** Where an inspector listens. */
export interface ListenAddress {
	/** `localhost` (both loopback addresses), `*` (all addresses), or one address or name. */
	readonly host: string;
	/** 0: any free port. */
	readonly port: number;
}

/** The options of `createInspector`. */
export interface InspectOptions {
	readonly listen: ListenAddress;
	/** The server: HOST:PORT, `xmlsocket://`, `xmlsockets://` (TLS), `ws://` or `wss://`. Ports below 1024 are allowed. */
	readonly target: string;
	/** What ends a document: nul, lf, cr, crlf, or hexadecimal. It is for events, breaks and injected documents: bytes pass unchanged. @default "nul" */
	readonly terminator?: TerminatorName;
	/** Longer documents are reported in parts of this size, in bytes. @default 1048576 */
	readonly maxDocumentBytes?: number;
	/** Files with the certificate and the key for clients that use TLS, PEM. Default: TLS of a client passes as it is, and cannot be read. */
	readonly tls?: { readonly cert: string; readonly key: string } | undefined;
	/** Accept any certificate of the target. @default false */
	readonly insecure?: boolean;
	/** The Origin header of a WebSocket to the target. Default: the client's. */
	readonly origin?: string | undefined;
	/**
	 * What happens to a client that begins with a request for a policy file. `off`: it reaches the target, as everything else. `auto`: the
	 * inspector answers with a policy that allows its own port to all domains, and closes the connection. @default "off"
	 */
	readonly policy?: "auto" | "off";
	/** How long an attempt to reach the target may take, in milliseconds. @default 10000 */
	readonly connectTimeoutMs?: number;
	/** Connections at the same time; further clients are closed. @default 1000 */
	readonly maxConnections?: number;
	/** How long one side may stay open when the other one is gone, in milliseconds. @default 5000 */
	readonly lingerMs?: number;
	/** Closes the inspector. */
	readonly signal?: AbortSignal | undefined;
	/**
	 * Called for each event, in order, after the bytes were passed on. `bytes` of an event are not reused, but may be a view of a larger
	 * buffer. What it throws is reported as an uncaught exception, and the connection goes on.
	 */
	onEvent(event: TrafficEvent): void;
	/** Called when a document is held, before `held()` lists it. */
	onHeld?(document: HeldDocument): void;
}

/** Tells which documents to hold. */
export type BreakPredicate = (event: DocumentEvent) => boolean;

/** The options with their defaults. */
export interface InspectSettings {
	readonly target: InspectTarget;
	/** The target as the user wrote it. */
	readonly to: string;
	readonly terminator: Uint8Array;
	readonly maxDocumentBytes: number;
	readonly maxMessageBytes: number;
	readonly insecure: boolean;
	readonly policy: "auto" | "off";
	readonly connectTimeoutMs: number;
	readonly maxConnections: number;
	readonly lingerMs: number;
}

/** The longest WebSocket message, which is passed on as a whole. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** @throws XMLSOCKET_ADDRESS_INVALID, XMLSOCKET_OPTION_INVALID */
export function inspectSettings(options: InspectOptions): InspectSettings {
	return {
		target: parseInspectTarget(options.target),
		to: options.target,
		terminator: terminatorBytes(options.terminator ?? "nul"),
		maxDocumentBytes: checkWhole("maxDocumentBytes", options.maxDocumentBytes ?? 1024 * 1024, 1, MAX_MESSAGE_BYTES),
		maxMessageBytes: MAX_MESSAGE_BYTES,
		insecure: options.insecure === true,
		policy: options.policy ?? "off",
		connectTimeoutMs: checkWhole("connectTimeoutMs", options.connectTimeoutMs ?? 10_000, 1, 600_000),
		maxConnections: checkWhole("maxConnections", options.maxConnections ?? 1000, 1, 100_000),
		lingerMs: checkWhole("lingerMs", options.lingerMs ?? 5000, 1, 600_000),
	};
}

//               [IPv6]             host          port
const LISTEN = /^(?:\[([\da-f:.]+)\]|([^\s:/?#@[\]]*)):(\d{1,5})$/i;

/**
 * Reads where to listen: PORT, :PORT, HOST:PORT, `*:PORT` or [::1]:PORT. Without a host it is localhost; port 0 is any free port.
 *
 * @throws XMLSOCKET_ADDRESS_INVALID
 */
export function parseListenAddress(text: string): ListenAddress {
	const found = LISTEN.exec(/^\d{1,5}$/.test(text) ? `:${text}` : text);
	const port = Number(found?.[3]);
	if (!found || port > 65535) {
		throw new XMLSocketError(
			"XMLSOCKET_ADDRESS_INVALID",
			`"${text}" is nothing to listen on: write PORT, HOST:PORT, *:PORT for all addresses, or [::1]:PORT, with a port up to 65535.`,
		);
	}
	return { host: found[1] ?? (found[2] || "localhost"), port };
}
