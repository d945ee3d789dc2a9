// What the primary process and a worker send each other as JSON, beside the channel: orders, answers, and the sockets of clients.

import { XMLSocketError } from "../../errors/index.ts";
import type { ListenOptions } from "../../transport/index.ts";

/** An error on its way between processes. */
export interface SentError {
	readonly code: string;
	readonly message: string;
	readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** From the primary. */
export type Order =
	/** Begin to work. */
	| { readonly do: "start"; readonly number: number; readonly data: unknown; readonly ticketKeys: string }
	/** New keys of TLS session tickets, in base64. */
	| { readonly do: "ticket-keys"; readonly keys: string }
	/** A port is open, or cannot be opened. */
	| { readonly do: "opened"; readonly id: number; readonly port: number; readonly addresses: readonly string[] }
	| { readonly do: "not-opened"; readonly id: number; readonly error: SentError }
	/** A client, with its socket. */
	| { readonly do: "socket"; readonly id: number }
	/** Read the certificate and the policy file again. */
	| { readonly do: "reload" }
	/** End: within `graceMs`, or within the time of the worker's own settings. */
	| { readonly do: "stop"; readonly graceMs?: number };

/** From a worker. */
export type Report =
	/** Opens a port, or joins one that is open; `id` names it in what follows. */
	| { readonly is: "open"; readonly id: number; readonly options: ListenOptions }
	/** Wants no more clients of a port. */
	| { readonly is: "close"; readonly id: number }
	/** Works. */
	| { readonly is: "ready"; readonly facts: unknown }
	/** Cannot work. */
	| { readonly is: "failed"; readonly error: SentError };

/** The names of the channel's services. */
export const SERVICE = {
	/** Worker → primary: the numbers of all processes, as a JSON array of texts. Primary → worker: those of that worker. */
	metrics: "metrics",
	/** Notes of `SharedAdmission`, both ways. */
	admission: "admission",
	/** Primary → worker: a line of the primary's log, for the admin API. */
	logged: "logged",
	/** Worker → primary: the socket that was sent last has arrived. */
	arrived: "arrived",
} as const;

/** The file descriptor of the channel in a worker. */
export const CHANNEL_DESCRIPTOR = 4;

/** An error for another process. */
export function sentError(error: unknown): SentError {
	if (error instanceof XMLSocketError) {
		return { code: error.code, message: error.message, details: error.details };
	}
	const message = error instanceof Error ? error.message : String(error);
	return { code: "XMLSOCKET_WORKERS_FAILED", message, details: {} };
}

/** The error that another process has sent. */
export function receivedError({ code, message, details }: SentError): XMLSocketError {
	return new XMLSocketError(code as XMLSocketError["code"], message, { details });
}
