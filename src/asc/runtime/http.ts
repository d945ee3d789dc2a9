// Requests of `XML` and `LoadVars` over the worker's HTTP: the transfer that `xml/loading.ts` is given inside a script's
// context. It holds who waits for which answer, and no class.

import type { Receiver, Transfer } from "../../xml/transfer.ts";

/** What the requests ask of the worker; `worker/http.ts` answers. */
export interface HttpBridge {
	/** Headers as `name: value`, one a line. `answered` follows, never from inside the call. */
	request(id: number, method: string, url: string, headers: string, body: string | undefined): void;
}

/** The transfer, and what the worker calls. */
export interface ScriptTransfer {
	readonly transfer: Transfer;
	progress(id: number, loadedBytes: number, totalBytes: number): void;
	answered(id: number, status: number, bytes: number, text: string | undefined): void;
}

/** The transfer over the worker's requests. What a handler throws reaches the code that delivered the answer. */
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
