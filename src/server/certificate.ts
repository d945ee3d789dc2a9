// The TLS certificate of the port, read from its two files and again when they change, without dropping a connection.

import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import { XMLSocketError } from "../errors/index.ts";

/** How often the files are checked, in milliseconds. */
const CHECK_MS = 2000;

/** A certificate that follows its files. */
export class Certificate {
	#context: SecureContext;
	readonly #certFile: string;
	readonly #keyFile: string;
	readonly #changed: () => void;

	/**
	 * @param reloaded called after each change; with an error where the new files cannot be used, and the old ones still are.
	 * @throws XMLSOCKET_CERTIFICATE_UNREADABLE
	 */
	constructor(certFile: string, keyFile: string, reloaded: (error: XMLSocketError | undefined) => void) {
		this.#certFile = certFile;
		this.#keyFile = keyFile;
		this.#context = read(certFile, keyFile);
		this.#changed = () => {
			try {
				this.#context = read(certFile, keyFile);
				reloaded(undefined);
			} catch (error) {
				reloaded(error as XMLSocketError);
			}
		};
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
		for (const file of [this.#certFile, this.#keyFile]) unwatchFile(file, this.#changed);
	}
}

function read(certFile: string, keyFile: string): SecureContext {
	try {
		return createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile), minVersion: "TLSv1.2" });
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new XMLSocketError(
			"XMLSOCKET_CERTIFICATE_UNREADABLE",
			`The certificate ${certFile} with the key ${keyFile} cannot be used: ${reason}.`,
			{ cause },
		);
	}
}
