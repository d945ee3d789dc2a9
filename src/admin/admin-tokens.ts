// The file of the admin API's tokens: lines `TOKEN NAME`, read again when it changes. A token has at least 16 characters; the name is who
// uses it, for the log. Tokens are kept as digests, and compared in a time that does not depend on them.

import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { XMLSocketError } from "../errors/index.ts";
import type { Logger } from "../server/index.ts";

const MIN_TOKEN_CHARACTERS = 16;
const MAX_TOKENS = 1000;
const MAX_FILE_BYTES = 1024 * 1024;
/** How often the file is looked at, while there are requests. */
const CHECK_MS = 1000;

interface AdminToken {
	readonly digest: Buffer;
	readonly name: string;
}

/** The tokens of one file. */
export class AdminTokens {
	readonly #file: string;
	readonly #log: Logger;
	readonly #now: () => number;
	#tokens: readonly AdminToken[];
	/** Digests of tokens that were valid before, the last ones. */
	readonly #former = new Set<string>();
	#version: string;
	#checkedMs: number;

	/**
	 * @param now monotonic milliseconds.
	 * @throws XMLSOCKET_CONFIG_UNREADABLE, XMLSOCKET_OPTION_INVALID for a line that is not `TOKEN NAME`, with its number.
	 */
	constructor(file: string, log: Logger, now: () => number) {
		this.#file = file;
		this.#log = log;
		this.#now = now;
		this.#version = versionOf(file);
		this.#tokens = readTokens(file);
		this.#checkedMs = now();
	}

	/** The name of the person who has this token; undefined where nobody has it. */
	nameOf(token: string): string | undefined {
		this.#readAgain();
		const digest = digestOf(token);
		let name: string | undefined;
		for (const known of this.#tokens) if (timingSafeEqual(known.digest, digest)) name = known.name;
		return name;
	}

	/** Whether a token that is not valid was valid before: it is out of date, and no guess. */
	wasValid(token: string): boolean {
		return this.#former.has(digestOf(token).toString("hex"));
	}

	// Where the new file cannot be used, the tokens of the old one stay valid, as with a certificate.
	#readAgain(): void {
		const nowMs = this.#now();
		if (nowMs - this.#checkedMs < CHECK_MS) return;
		this.#checkedMs = nowMs;
		const version = versionOf(this.#file);
		if (version === this.#version) return;
		this.#version = version;
		try {
			const before = this.#tokens;
			this.#tokens = readTokens(this.#file);
			for (const { digest } of before) this.#former.add(digest.toString("hex"));
			for (const digest of this.#former) {
				if (this.#former.size <= MAX_TOKENS) break;
				this.#former.delete(digest);
			}
			this.#log.info({ tokens: this.#tokens.length }, "the file of the admin tokens was read again");
		} catch (error) {
			const { code, message } = error as XMLSocketError;
			this.#log.error({ code }, `${message} The tokens that were read before stay valid.`);
		}
	}
}

function versionOf(file: string): string {
	try {
		const { mtimeMs, size, ino } = statSync(file);
		return `${mtimeMs} ${size} ${ino}`;
	} catch {
		return "unreadable";
	}
}

function readTokens(file: string): AdminToken[] {
	const tokens: AdminToken[] = [];
	let number = 0;
	for (const line of readText(file).split(/\r\n|\n|\r/u)) {
		number++;
		if (/^\s*(?:#|$)/u.test(line)) continue;
		const [, token = "", name = ""] = /^\s*(\S+)\s+(\S.*?)\s*$/u.exec(line) ?? [];
		if (token.length < MIN_TOKEN_CHARACTERS || name.length > 64 || /[^\P{C}]/u.test(name) || name === "") {
			throw new XMLSocketError(
				"XMLSOCKET_OPTION_INVALID",
				`Line ${number} of the admin token file is not TOKEN NAME, with a token of at least ${MIN_TOKEN_CHARACTERS} characters and a name of at most 64.`,
			);
		}
		if (tokens.length >= MAX_TOKENS) {
			throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `The admin token file has more than ${MAX_TOKENS} tokens.`);
		}
		tokens.push({ digest: digestOf(token), name });
	}
	return tokens;
}

function readText(file: string): string {
	try {
		const { size } = statSync(file);
		if (size > MAX_FILE_BYTES) throw new Error(`it has more than ${MAX_FILE_BYTES} bytes`);
		// An editor that writes in place empties it for a moment.
		if (size === 0) throw new Error("it is empty; to leave no token, write a comment");
		return readFileSync(file, "utf8").replace(/^\ufeff/, "");
	} catch (cause) {
		throw new XMLSocketError(
			"XMLSOCKET_CONFIG_UNREADABLE",
			`The admin token file ${file} cannot be read: ${(cause as Error).message}.`,
			{ cause },
		);
	}
}

function digestOf(token: string): Buffer {
	return createHash("sha256").update(token).digest();
}
