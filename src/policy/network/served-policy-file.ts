// The policy file that a server answers with: made from the port and the trusted pages, or the operator's own file; and the
// answer itself, which ends its connection. The content of such files is read and written in `policy/`.

import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { XMLSocketError } from "../../errors/index.ts";
import { closeWithin } from "../../transport/deadline.ts";
import { judgeDelivery, policyFile, readPolicyFile } from "../index.ts";

/** From the request to the end of the connection, also where the player never closes. */
export const POLICY_TIMEOUT_MS = 3000;

const MAX_FILE_BYTES = 64 * 1024;

/** Where a policy file's problems are reported: any structured logger has these three methods. */
export interface PolicyFileLogger {
	info(facts: object, message: string): void;
	warn(facts: object, message: string): void;
	error(facts: object, message: string): void;
}

/** A server's policy file. */
export class ServedPolicyFile {
	/** Without the zero byte. */
	text = "";
	/** With it. */
	bytes: Uint8Array = new Uint8Array(0);
	readonly #path: string | undefined;
	readonly #log: PolicyFileLogger;

	/**
	 * @param option `auto`, or the path of a file, which is read at once.
	 * @throws XMLSOCKET_CONFIG_UNREADABLE
	 */
	constructor(option: string, log: PolicyFileLogger) {
		this.#path = option === "auto" ? undefined : option;
		this.#log = log;
		if (this.#path !== undefined) this.#set(readFile(this.#path));
	}

	/** The server listens on these ports, for content of these domains. An own file stays as it is. */
	generate(ports: readonly number[], domains: readonly string[]): void {
		if (this.#path === undefined) this.#set(policyFile({ ports, domains }));
	}

	/** An own file is to be served from this port: what its operator should know goes to the log. */
	judge(port: number): void {
		if (this.#path === undefined) return;
		const file = readPolicyFile(this.text);
		const delivery = { port, bytes: this.bytes.length - 1, terminated: true, extraBytes: 0 };
		for (const { level, code, text } of [...file.findings, ...judgeDelivery(file, delivery)]) {
			if (level !== "note") this.#log.warn({ file: this.#path, code }, `policy file: ${text}`);
		}
	}

	/** Reads the operator's own file again. Where that fails, the old content stays in use and the error is logged. */
	reload(port: number): void {
		if (this.#path === undefined) return;
		try {
			this.#set(readFile(this.#path));
			this.#log.info({ file: this.#path }, "the policy file was read again");
			this.judge(port);
		} catch (error) {
			this.#log.error({ code: (error as XMLSocketError).code }, (error as Error).message);
		}
	}

	#set(text: string): void {
		this.text = text;
		this.bytes = Buffer.from(`${text}\0`, "utf8");
	}
}

/** Answers a request and closes; what else the player sends is dropped. */
export function answerPolicy(socket: Socket, policy: ServedPolicyFile): void {
	socket.on("error", () => {});
	closeWithin(socket, POLICY_TIMEOUT_MS);
	socket.resume();
	socket.end(policy.bytes);
}

function readFile(path: string): string {
	let bytes: Buffer;
	try {
		bytes = readFileSync(path);
	} catch (cause) {
		throw unreadable(`The policy file ${path} cannot be read: ${(cause as Error).message}.`, cause);
	}
	if (bytes.length > MAX_FILE_BYTES)
		throw unreadable(
			`The policy file ${path} has ${bytes.length} bytes, more than the limit of ${MAX_FILE_BYTES} bytes.`,
		);
	// The zero byte that ends it on the wire is ours to add.
	const text = bytes.toString("utf8").replace(/^\ufeff|\0+\s*$/g, "");
	if (text.includes("\0"))
		throw unreadable(`The policy file ${path} has a zero byte: players would read only what is before it.`);
	return text;
}

function unreadable(message: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_CONFIG_UNREADABLE", message, cause === undefined ? {} : { cause });
}
