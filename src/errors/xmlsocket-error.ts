// The one error class of the package. `code` is what programs look at; the message is for people and says what happened,
// the number, the limit and the unit.

import type { ErrorCode } from "./codes.ts";

const BRAND = Symbol.for("xmlsocket.error");

/** What an error may carry beside its message. */
export interface XMLSocketErrorOptions {
	/** The error underneath, for example Node's own with its `errno` code. */
	readonly cause?: unknown;
	/** The numbers and names that matter, for logs: `{ limitBytes: 262144 }`. */
	readonly details?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Every error that this package throws, rejects with or reports.
 *
 * `instanceof` holds also across two installed copies of the package.
 *
 * @example
 * ```ts
 * import { connect, XMLSocketError } from "xmlsocket";
 * try {
 *   await connect("xmlsocket://localhost:9");
 * } catch (error) {
 *   if (error instanceof XMLSocketError) console.log(error.code); // XMLSOCKET_PORT_RESERVED
 * }
 * ```
 */
export class XMLSocketError extends Error {
	/** The stable code, for example `XMLSOCKET_DOCUMENT_TOO_LARGE`; `xmlsocket explain CODE` says more. */
	readonly code: ErrorCode;
	/** The numbers and names that matter; empty where there are none. */
	readonly details: Readonly<Record<string, string | number | boolean>>;

	constructor(code: ErrorCode, message: string, options: XMLSocketErrorOptions = {}) {
		super(message, "cause" in options ? { cause: options.cause } : undefined);
		this.name = "XMLSocketError";
		this.code = code;
		this.details = options.details ?? {};
		Object.defineProperty(this, BRAND, { value: true });
	}

	static override [Symbol.hasInstance](value: unknown): boolean {
		return typeof value === "object" && value !== null && BRAND in value;
	}
}

type Dashed<Text extends string> = Text extends `${infer First}_${infer Rest}`
	? `${Lowercase<First>}-${Dashed<Rest>}`
	: Lowercase<Text>;

/** The form of a code that travels in documents: `name-taken` for `XMLSOCKET_NAME_TAKEN`. */
export type WireCode<Code extends ErrorCode = ErrorCode> = Code extends `XMLSOCKET_${infer Rest}`
	? Dashed<Rest>
	: never;

/**
 * The form of a code that travels in documents: `XMLSOCKET_NAME_TAKEN` becomes `name-taken`.
 */
export function wireCode<Code extends ErrorCode>(code: Code): WireCode<Code> {
	return code.slice("XMLSOCKET_".length).toLowerCase().replaceAll("_", "-") as WireCode<Code>;
}
