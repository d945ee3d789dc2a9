// Loading and sending documents over HTTP: `load`, `send`, `sendAndLoad` and what belongs to them. These members work on
// whatever object they are called on or given, as the player's do, and never throw. What a script's own handler throws is
// not caught: the host reports it as it reports every exception without a handler. How a request travels is `transfer.ts`.
// Implements docs/xml.md, "Document properties and loading".

import { isObject, toText } from "./coerce.ts";
import type { Members } from "./node.ts";
import type { LoadRequest, Transfer } from "./transfer.ts";

/** The members for loading that {@link XML} has on its prototype. */
export interface XMLLoading {
	/**
	 * Asks for the document at `url`; the answer replaces the content. True: the request was started and `onData` follows.
	 * A second `load` before the first has ended replaces it.
	 */
	load(url: string): boolean;
	/** Posts this document to `url`; nobody looks at the answer. */
	send(url: string, window?: string): boolean;
	/** Posts this document to `url` and gives the answer to `target.onData`. False where `target` is no object. */
	sendAndLoad(url: string, target: object): boolean;
	/** Adds a header, or an array of names and values in turn, to the requests of `send` and `sendAndLoad`. */
	addRequestHeader(name: string | readonly string[], value?: string): void;
	/** Bytes of the answer that have arrived; undefined before any load. */
	getBytesLoaded(): number | undefined;
	/** Bytes of the whole answer; undefined until it is known. */
	getBytesTotal(): number | undefined;
	/** Called with the answer's text, or undefined where the request failed. By default it parses and calls `onLoad`. */
	onData(source: string | undefined): void;
	/** Called when the answer is parsed (true, whatever its `status`), or the request has failed (false). */
	onLoad(success: boolean): void;
	/** Called with the answer's HTTP status before `onData`, where a script has set it. */
	onHTTPStatus?(status: number): void;
}

// The documented list of headers that a script cannot set; they belong to the connection and the message's own form.
const RESERVED_HEADERS: ReadonlySet<string> = new Set(
	(
		"accept-ranges age allow allowed connection content-length content-location content-range etag get host " +
		"last-modified locations max-forwards proxy-authenticate proxy-authorization public range retry-after server te " +
		"trailer transfer-encoding upgrade uri vary via warning www-authenticate"
	).split(" "),
);

// The last request of each object; the answers to earlier ones are dropped.
const requests = new WeakMap<object, object>();

/** The members, over a way to make requests. */
export function loadingMembers(transfer: Transfer): Members {
	return {
		load(url: unknown): boolean {
			if (!isObject(this) || url === undefined || url === null) return false;
			startLoading(this, { method: "GET", url: toText(url), headers: [], body: undefined }, transfer);
			return true;
		},
		send(url: unknown): boolean {
			if (!isObject(this) || url === undefined || url === null) return false;
			transfer(postOf(this, toText(url)), { answered: ignore });
			return true;
		},
		sendAndLoad(url: unknown, target: unknown): boolean {
			if (!isObject(this) || url === undefined || url === null || !isObject(target)) return false;
			startLoading(target, postOf(this, toText(url)), transfer);
			return true;
		},
		...commonMembers,
	};
}

const commonMembers: Members = {
	addRequestHeader(name: unknown, value: unknown): void {
		if (!isObject(this)) return;
		try {
			if (!Object.hasOwn(this, "_customHeaders")) hide(this, "_customHeaders", []);
			const headers = read(this, "_customHeaders");
			if (!Array.isArray(headers)) return;
			if (typeof name === "string" && typeof value === "string") headers.push(name, value);
			if (!Array.isArray(name)) return;
			for (let at = 0; at + 1 < name.length; at += 2) headers.push(name[at], name[at + 1]);
		} catch {
			// A Proxy or a frozen array that refuses: the call does nothing.
		}
	},
	getBytesLoaded(): unknown {
		return isObject(this) ? read(this, "_bytesLoaded") : undefined;
	},
	getBytesTotal(): unknown {
		return isObject(this) ? read(this, "_bytesTotal") : undefined;
	},
	onData(source: unknown): void {
		if (!isObject(this)) return;
		const success = source !== undefined && source !== null;
		assign(this, "loaded", success);
		if (success) call(this, "parseXML", source);
		call(this, "onLoad", success);
	},
	onLoad(_success: unknown): void {},
};

/** Makes the request and gives its answer to `target`: `onHTTPStatus`, then `onData`. An earlier one of the target is dropped. */
export function startLoading(target: object, request: LoadRequest, transfer: Transfer): void {
	assign(target, "loaded", false);
	hide(target, "_bytesLoaded", 0);
	hide(target, "_bytesTotal", undefined);
	const ticket = {};
	requests.set(target, ticket);
	transfer(request, {
		progress(loadedBytes, totalBytes) {
			if (requests.get(target) !== ticket) return;
			hide(target, "_bytesLoaded", loadedBytes);
			hide(target, "_bytesTotal", totalBytes);
		},
		answered(answer) {
			if (requests.get(target) !== ticket) return;
			requests.delete(target);
			if (answer.text !== undefined) {
				hide(target, "_bytesLoaded", answer.bytes);
				hide(target, "_bytesTotal", answer.bytes);
			}
			if (answer.status !== 0) call(target, "onHTTPStatus", answer.status);
			call(target, "onData", answer.text);
		},
	});
}

/** The request that posts the text of `sender`, with its content type and its own headers. */
export function postOf(sender: object, url: string): LoadRequest {
	const headers = customHeaders(sender);
	if (!headers.some(([name]) => name.toLowerCase() === "content-type")) {
		const contentType = toText(read(sender, "contentType"));
		if (isHeader("content-type", contentType)) headers.push(["content-type", contentType]);
	}
	return { method: "POST", url, headers, body: toText(sender) };
}

function customHeaders(sender: object): [string, string][] {
	const headers: [string, string][] = [];
	const list = read(sender, "_customHeaders");
	if (!Array.isArray(list)) return headers;
	for (let at = 0; at + 1 < list.length; at += 2) {
		const name = toText(list[at]);
		const value = toText(list[at + 1]);
		if (isHeader(name, value) && !RESERVED_HEADERS.has(name.toLowerCase())) headers.push([name, value]);
	}
	return headers;
}

// One impossible header would make the whole request fail.
function isHeader(name: string, value: string): boolean {
	return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function read(object: object, name: string): unknown {
	try {
		return Reflect.get(object, name);
	} catch {
		return undefined;
	}
}

function assign(object: object, name: string, value: unknown): void {
	try {
		Reflect.set(object, name, value);
	} catch {
		// A script's own setter failed: its business, not the caller's.
	}
}

function hide(object: object, name: string, value: unknown): void {
	try {
		Reflect.defineProperty(object, name, { value, writable: true, enumerable: false, configurable: true });
	} catch {
		// The same, for a Proxy.
	}
}

function call(object: object, name: string, argument: unknown): void {
	const method = read(object, name);
	if (typeof method === "function") Reflect.apply(method, object, [argument]);
}

function ignore(): void {}
