// The requests of `XML` and `LoadVars` over the worker's HTTP: the transfer for `xml/loading.ts` inside a script's context. It maps each
// response to its receiver, and defines no class.

import type { Receiver, Transfer } from "../../xml/transfer.ts";

/** The worker's function for requests; `worker/http.ts` implements it. */
export interface HttpBridge {
	/** Headers are `name: value`, one per line. `answered` follows later, never during the call. */
	request(id: number, method: string, url: string, headers: string, body: string | undefined): void;
}

/** The transfer, and the events that the worker reports. */
export interface ScriptTransfer {
	readonly transfer: Transfer;
	progress(id: number, loadedBytes: number, totalBytes: number): void;
	answered(id: number, status: number, bytes: number, text: string | undefined): void;
}

/** Creates the transfer over the worker's requests. Exceptions of handlers reach the caller of `progress` and `answered`. */
export function makeTransfer(bridge: HttpBridge): ScriptTransfer {
	const receivers = new Map<number, Receiver>();
	let lastId = 0;
	return {
		transfer({ method, url, headers, body }, receiver) {
			receivers.set(++lastId, receiver);
			bridge.request(lastId, method, url, headers.map(([name, value]) => `${name}: ${value}`).join("\n"), body);
		},
		progress(id, loadedBytes, totalBytes) {
			receivers.get(id)?.progress?.(loadedBytes, Number.isNaN(totalBytes) ? undefined : totalBytes);
		},
		answered(id, status, bytes, text) {
			const receiver = receivers.get(id);
			receivers.delete(id);
			receiver?.answered({ status, bytes, text });
		},
	};
}
