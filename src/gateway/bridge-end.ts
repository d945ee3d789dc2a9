// How a bridge ended: one cause of a fixed list, an error code unless the end was orderly, and a text for the log. The close reason for the
// page is only the cause, because a page must not learn about the network behind the gateway.

import { type ErrorCode, XMLSocketError } from "../errors/index.ts";

/** The causes, as in logs and metrics. docs/guide/gateway.md explains what to do about each. */
export const END_WORDS = {
	"page-closed": "the page closed",
	"page-lost": "the page's connection was lost",
	"page-silent": "the page answered no ping",
	"page-not-reading": "the page did not read what was sent to it",
	"page-broke-protocol": "the page sent an invalid WebSocket message",
	"target-closed": "the target closed",
	"target-reset": "the target reset the connection",
	"target-refused": "the target refused the connection",
	"target-timeout": "the target did not answer in time",
	"target-unreachable": "the target could not be reached",
	"target-unresolved": "the target's name could not be resolved",
	"target-not-reading": "the target did not read what was sent to it",
	"address-refused": "the target's name resolves to an address that is not allowed",
	"document-too-large": "the target sent a document longer than the limit",
	"memory-ceiling": "the gateway held too many bytes for all connections, and most for this one",
	"gateway-failed": "the gateway failed",
	stopping: "the gateway stops",
} as const satisfies Record<string, string>;

/** The name of a cause. */
export type EndCause = keyof typeof END_WORDS;

const ORDERLY: ReadonlySet<EndCause> = new Set(["page-closed", "target-closed", "stopping"]);
const CODES: Partial<Record<EndCause, ErrorCode>> = {
	"page-lost": "XMLSOCKET_CONNECTION_LOST",
	"page-silent": "XMLSOCKET_PEER_SILENT",
	"page-not-reading": "XMLSOCKET_UNREAD_OUTPUT",
	"page-broke-protocol": "XMLSOCKET_CONNECTION_LOST",
	"target-reset": "XMLSOCKET_CONNECTION_LOST",
	"target-not-reading": "XMLSOCKET_UNREAD_OUTPUT",
	"memory-ceiling": "XMLSOCKET_MEMORY_CEILING",
	"gateway-failed": "XMLSOCKET_INTERNAL",
};

/** The end of one bridge. */
export class BridgeEnd {
	readonly cause: EndCause;
	/** The error code; undefined for an orderly end. */
	readonly code: ErrorCode | undefined;
	/** Details for the log only. */
	readonly details: string | undefined;

	constructor(cause: EndCause, details?: string, code?: ErrorCode) {
		this.cause = cause;
		this.details = details;
		this.code = code ?? CODES[cause];
	}

	/** Whether both sides received everything. */
	get isOrderly(): boolean {
		return ORDERLY.has(this.cause);
	}

	/** The close reason for the page. */
	get reason(): string {
		return END_WORDS[this.cause];
	}

	/** The text for the log. */
	get words(): string {
		return this.details === undefined ? this.reason : `${this.reason}: ${this.details}`;
	}

	/** The end after the page's close. */
	static ofPage(closeCode: number | undefined, error: Error | undefined): BridgeEnd {
		if (error instanceof XMLSocketError) return new BridgeEnd("page-broke-protocol", error.message);
		if (closeCode === 1006) return new BridgeEnd("page-lost", error?.message);
		if (error && closeCode !== undefined && closeCode !== 1000 && closeCode !== 1001 && closeCode < 3000)
			return new BridgeEnd("page-broke-protocol", error.message);
		return new BridgeEnd("page-closed");
	}

	/** The end after the target closed without an end of its stream. */
	static ofTarget(error: Error | undefined): BridgeEnd {
		return new BridgeEnd("target-reset", error?.message);
	}

	/** The end after a failed attempt to connect. */
	static ofDial(error: XMLSocketError): BridgeEnd {
		const errno = (error.cause as NodeJS.ErrnoException | undefined)?.code;
		const cause: EndCause =
			error.code === "XMLSOCKET_TARGET_ADDRESS_REFUSED"
				? "address-refused"
				: error.code === "XMLSOCKET_CONNECT_TIMEOUT"
					? "target-timeout"
					: errno === "ECONNREFUSED"
						? "target-refused"
						: errno === "ENOTFOUND" || errno === "EAI_AGAIN"
							? "target-unresolved"
							: "target-unreachable";
		return new BridgeEnd(cause, error.message, error.code);
	}

	/** The end after content that cannot be forwarded. */
	static ofContent(error: XMLSocketError): BridgeEnd {
		return new BridgeEnd("document-too-large", error.message, error.code);
	}
}
