// The TLS certificate of the port, read from its two files and again when they change, without dropping a connection. It also
// watches the dates: a renewal that fails goes unnoticed until clients are refused.

import { constants, X509Certificate } from "node:crypto";
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import { XMLSocketError } from "../errors/index.ts";
import type { TicketKeys } from "./ticket-keys.ts";

/** How often the files are checked, in milliseconds. */
const CHECK_MS = 2000;
/** How often the dates are checked. */
const CHECK_DATES_MS = 12 * 60 * 60 * 1000;
/** How long before its end a certificate should have been renewed. */
const RENEWAL_DAYS = 7;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Who is notified about a certificate. */
export interface CertificateEvents {
	/** After each change of a file; with an error if the new files cannot be used, and the old certificate still is. */
	reloaded(error: XMLSocketError | undefined): void;
	/** The certificate is not valid, or ends soon: at the start, after a change, and twice a day. */
	dates(words: string): void;
}

/** A certificate that follows its files. */
export class Certificate {
	#context: SecureContext;
	#dates: Dates | undefined;
	/** The contents of the files that are in use. */
	#pair: Pair;
	readonly #ticketKeys: TicketKeys | undefined;
	readonly #stopDates: () => void;
	readonly #stopKeys: (() => void) | undefined;
	readonly #certFile: string;
	readonly #keyFile: string;
	readonly #changed: () => void;

	/**
	 * @param ticketKeys of the sessions that clients can resume; default: this process's own, new for each certificate.
	 * @throws XMLSOCKET_CERTIFICATE_UNREADABLE
	 */
	constructor(certFile: string, keyFile: string, events: CertificateEvents, ticketKeys?: TicketKeys) {
		this.#certFile = certFile;
		this.#keyFile = keyFile;
		this.#ticketKeys = ticketKeys;
		const load = (): void => {
			[this.#pair, this.#context] = read(certFile, keyFile, ticketKeys?.keys);
			this.#dates = datesOf(certFile);
		};
		const checkDates = (): void => {
			const words = this.#dates && warningAbout(certFile, this.#dates, Date.now());
			if (words !== undefined) events.dates(words);
		};
		[this.#pair, this.#context] = read(certFile, keyFile, ticketKeys?.keys);
		this.#dates = datesOf(certFile);
		checkDates();
		this.#changed = () => {
			try {
				load();
				events.reloaded(undefined);
				checkDates();
			} catch (error) {
				events.reloaded(error as XMLSocketError);
			}
		};
		const timer = setInterval(checkDates, CHECK_DATES_MS).unref();
		this.#stopDates = () => clearInterval(timer);
		this.#stopKeys = ticketKeys?.watch(() => {
			this.#context = contextOf(this.#pair, this.#ticketKeys?.keys);
		});
		for (const file of [certFile, keyFile]) watchFile(file, { interval: CHECK_MS, persistent: false }, this.#changed);
	}

	/** What the next handshake uses. */
	get context(): SecureContext {
		return this.#context;
	}

	/** Reads the files again now. */
	reload(): void {
		this.#changed();
	}

	/** Stops watching. */
	close(): void {
		this.#stopDates();
		this.#stopKeys?.();
		for (const file of [this.#certFile, this.#keyFile]) unwatchFile(file, this.#changed);
	}
}

/** When a certificate is valid, in milliseconds since 1970. */
interface Dates {
	readonly from: number;
	readonly to: number;
}

function datesOf(certFile: string): Dates | undefined {
	try {
		const { validFrom, validTo } = new X509Certificate(readFileSync(certFile));
		return { from: Date.parse(validFrom), to: Date.parse(validTo) };
	} catch {
		// OpenSSL has accepted the file; only its dates stay unknown.
		return undefined;
	}
}

function warningAbout(certFile: string, { from, to }: Dates, nowMs: number): string | undefined {
	const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
	if (nowMs > to) return `The certificate ${certFile} expired at ${day(to)} UTC; clients refuse it.`;
	if (nowMs < from) return `The certificate ${certFile} is valid from ${day(from)} UTC; until then clients refuse it.`;
	if (to - nowMs < RENEWAL_DAYS * DAY_MS && to - from > 2 * RENEWAL_DAYS * DAY_MS) {
		return `The certificate ${certFile} expires at ${day(to)} UTC; renew it.`;
	}
	return undefined;
}

interface Pair {
	readonly cert: Buffer;
	readonly key: Buffer;
}

function contextOf({ cert, key }: Pair, ticketKeys: Buffer | undefined): SecureContext {
	return createSecureContext({
		cert,
		key,
		minVersion: "TLSv1.2",
		// Each new handshake on a connection costs this side far more than the client, and no client needs one.
		secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
		...(ticketKeys ? { ticketKeys } : {}),
	});
}

function read(certFile: string, keyFile: string, ticketKeys: Buffer | undefined): [Pair, SecureContext] {
	try {
		const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
		return [pair, contextOf(pair, ticketKeys)];
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new XMLSocketError(
			"XMLSOCKET_CERTIFICATE_UNREADABLE",
			`The certificate ${certFile} with the key ${keyFile} cannot be used: ${reason}.`,
			{ cause },
		);
	}
}
