// What someone who looks at traffic may not know: that the terminator or the encoding is another one, that TLS passes unread, that the policy
// of the target does not allow the inspector's port. Each kind of hint is given once. It changes nothing.

import { readPolicyFile } from "../../policy/index.ts";
import { declaredEncoding } from "../../transport/index.ts";
import type { Decoded, TrafficEvent } from "../traffic/index.ts";
import type { InspectedConnection } from "./inspector.ts";

/** What the hints are about. */
export interface HintOptions {
	/** As the user wrote them. */
	readonly terminator: string;
	readonly encoding: string;
	/** The port of the inspector. */
	readonly port: number;
	/** The port of the target. */
	readonly targetPort: number;
}

const HANDSHAKE = 0x16;
const LINE_FEED = 0x0a;
const MAX_POLICY_CHARS = 20_000;

/** Whether bytes begin a TLS connection. */
export function isTlsHandshake(bytes: Uint8Array): boolean {
	return bytes[0] === HANDSHAKE && bytes[1] === 3;
}

/** Finds hints in traffic. */
export class TrafficHints {
	readonly #options: HintOptions;
	readonly #given = new Set<string>();
	/** Documents whose encoding is still checked, which needs all of their text. */
	#looksLeft = 2000;
	/** Connections and directions that had sent something, and no whole document, when they were looked at last. */
	#unfinished = new Map<string, number>();

	constructor(options: HintOptions) {
		this.#options = options;
	}

	/** Looks at an event, in the order in which they come. */
	ofEvent(event: TrafficEvent, decoded: Decoded | undefined): string | undefined {
		if (event.kind === "error" && event.direction === "server" && /certificate/.test(event.message))
			return this.#once("certificate", "The target's certificate is not one that Node trusts. --insecure accepts any.");
		if ((event.kind !== "document" && event.kind !== "policy") || decoded === undefined) return undefined;
		const { terminator, encoding } = this.#options;
		if (event.kind === "policy") return event.direction === "server" ? this.#ofPolicy(decoded.text ?? "") : undefined;
		if (isTlsHandshake(event.bytes))
			return this.#once(
				"tls",
				"A client uses TLS, which passes unread and is not shown. To read it, give the inspector a certificate that the client trusts: --tls-cert and --tls-key, and an xmlsockets:// or wss:// target.",
			);
		if (event.ending !== "terminated" && event.bytes.filter((byte) => byte === LINE_FEED).length > 1)
			return this.#once(
				"terminator",
				`Bytes came in lines and without the terminator (${terminator}). If each line is a document, set --terminator lf, or crlf.`,
			);
		if (this.#looksLeft === 0) return undefined;
		this.#looksLeft--;
		if ((decoded.form === "xml" || decoded.form === "text") && !decoded.exact) {
			const declared = declaredEncoding(decoded.text ?? "");
			return this.#once(
				"encoding",
				`A document is not valid ${encoding}. Set --encoding ${declared ?? "to the encoding that the game uses, for example gbk, shift_jis or latin1"}.`,
			);
		}
		return undefined;
	}

	/** Looks at the connections; call it every few seconds. */
	ofConnections(connections: readonly InspectedConnection[]): string | undefined {
		const before = this.#unfinished;
		this.#unfinished = new Map();
		for (const connection of connections) {
			for (const direction of ["client", "server"] as const) {
				const { bytes, documents } = connection[direction];
				if (connection.state !== "open" || documents > 0 || bytes === 0) continue;
				const key = `${connection.number} ${direction}`;
				if (before.get(key) === bytes)
					return this.#once(
						"terminator",
						`The ${direction} of connection ${connection.number} has sent ${bytes} bytes and no terminator (${this.#options.terminator}), so no document is complete. If something else ends its documents, set --terminator: lf, crlf, or bytes in hexadecimal.`,
					);
				this.#unfinished.set(key, bytes);
			}
		}
		return undefined;
	}

	#ofPolicy(text: string): string | undefined {
		const { port, targetPort } = this.#options;
		const file = readPolicyFile(text.slice(0, MAX_POLICY_CHARS));
		const allows = file.grants.some(({ ports }) => ports.some(({ first, last }) => first <= port && port <= last));
		if (allows || !file.valid) return undefined;
		return this.#once(
			"policy",
			`The target's policy file does not allow port ${port}, so a real player will refuse to connect here. Listen on port ${targetPort}, or use --policy auto.`,
		);
	}

	#once(kind: string, text: string): string | undefined {
		if (this.#given.has(kind)) return undefined;
		this.#given.add(kind);
		return text;
	}
}
