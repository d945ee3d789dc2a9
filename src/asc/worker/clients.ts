// A part of the host: the clients of the application, and its shutdown. It counts documents and bytes in both directions.

import { setFlagsFromString } from "node:v8";
import vm from "node:vm";
import { XMLSocketError } from "../../errors/index.ts";
import type { WorkerSettings } from "../messages.ts";
import type { HostContext, HostPart } from "./bridge.ts";

/** The counters of one connection, with the manual's names. */
interface Counts {
	bytes_in: number;
	bytes_out: number;
	msg_in: number;
	msg_out: number;
	msg_dropped: number;
}

/** The part, and the events of clients that the worker reports to it. */
export interface ClientsPart extends HostPart {
	opened(id: number): void;
	document(id: number, text: string): void;
	closed(id: number): void;
	/** The numbers of all connected clients. */
	ids(): number[];
}

const nothing = (): Counts => ({ bytes_in: 0, bytes_out: 0, msg_in: 0, msg_out: 0, msg_dropped: 0 });

/** `client.…` and `application.…`. */
export function clientsPart(context: HostContext): ClientsPart {
	const counts = new Map<number, Counts>();
	const accepted = new Set<number>();
	const all = { ...nothing(), total_connects: 0, total_disconnects: 0 };
	const sent = (id: number, bytes: number): void => {
		const own = counts.get(id);
		for (const one of own ? [own, all] : [all]) {
			one.bytes_out += bytes;
			one.msg_out++;
		}
	};
	return {
		functions: {
			"client.accept"(id: number): void {
				accepted.add(id);
				context.post(["accept", id]);
			},
			"client.send"(id: number, text: string): void {
				sent(id, bytesOf(text));
				context.post(["send", id, text]);
			},
			"client.end"(id: number, words: string | undefined): void {
				accepted.delete(id);
				context.post(["end", id, words]);
			},
			"client.stats": (id: number): string => JSON.stringify(counts.get(id) ?? nothing()),
			"client.broadcast"(text: string): void {
				const bytes = bytesOf(text);
				for (const id of accepted) sent(id, bytes);
				context.post(["broadcast", text]);
			},
			"application.facts": (): string => factsOf(context.settings),
			"application.stats": (): string => JSON.stringify(all),
			"application.gc": collectGarbage,
			"application.shutdown"(): void {
				context.post(["shutdown"]);
			},
		},
		opened(id) {
			counts.set(id, nothing());
			all.total_connects++;
		},
		document(id, text) {
			const own = counts.get(id);
			for (const one of own ? [own, all] : [all]) {
				one.bytes_in += Buffer.byteLength(text) + 1;
				one.msg_in++;
			}
		},
		closed(id) {
			counts.delete(id);
			accepted.delete(id);
			all.total_disconnects++;
		},
		ids: () => [...counts.keys()],
	};
}

let collect: (() => void) | undefined;

// V8 defines the function only in contexts that are created after the flag was set.
function collectGarbage(): void {
	if (!collect) {
		setFlagsFromString("--expose-gc");
		collect = vm.runInNewContext("gc") as () => void;
	}
	collect();
}

function factsOf({ name, hostname, server, config }: WorkerSettings): string {
	return JSON.stringify({ name: `${name}/_definst_`, hostname, server, config });
}

// Including the zero byte at the end.
function bytesOf(text: string): number {
	if (text.includes("\0"))
		throw new XMLSocketError(
			"XMLSOCKET_NUL_IN_DOCUMENT",
			`A document holds a zero byte at character ${text.indexOf("\0")}, which would end the document there.`,
		);
	return Buffer.byteLength(text) + 1;
}
