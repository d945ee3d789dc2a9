// LoadVars: variables as properties of an object, sent and loaded over HTTP as `name=value&name=value`. It shares `xml/loading.ts` with
// XML, and adds this encoding. Server-Side ActionScript Language Reference, class LoadVars.

import { isObject, toText } from "../../xml/coerce.ts";
import { loadingMembers, postOf, startLoading } from "../../xml/loading.ts";
import { installMembers } from "../../xml/node.ts";
import type { LoadRequest, Transfer } from "../../xml/transfer.ts";

const FORM = "application/x-www-form-urlencoded";

/** Creates the class over a transfer. Called without `new`, the class returns undefined. */
export function makeLoadVars(transfer: Transfer): new () => object {
	function LoadVars(this: Record<string, unknown>): undefined {
		// Without `new`, as `LoadVars.call(this)`: the constructor of a class that inherits from this one.
		if (!new.target && !((this as unknown) instanceof LoadVars)) return undefined;
		// A value on a prototype is the default of new objects.
		Object.defineProperty(this, "contentType", {
			value: this.contentType ?? FORM,
			writable: true,
			configurable: true,
		});
		Object.defineProperty(this, "loaded", { value: undefined, writable: true, configurable: true });
	}
	installMembers(LoadVars.prototype, loadingMembers(transfer));
	installMembers(LoadVars.prototype, {
		send(url: unknown, _window: unknown, method: unknown): boolean {
			if (!isObject(this) || url === undefined || url === null) return false;
			transfer(requestOf(this, toText(url), method), { answered() {} });
			return true;
		},
		sendAndLoad(url: unknown, target: unknown, method: unknown): boolean {
			if (!isObject(this) || url === undefined || url === null || !isObject(target)) return false;
			startLoading(target, requestOf(this, toText(url), method), transfer);
			return true;
		},
		decode(source: unknown): void {
			if (!isObject(this) || source === undefined || source === null) return;
			decodeInto(this as Record<string, unknown>, toText(source));
		},
		onData(source: unknown): void {
			if (!isObject(this)) return;
			const self = this as Record<string, unknown>;
			const success = source !== undefined && source !== null;
			if (success && typeof self.decode === "function") self.decode(source);
			self.loaded = success;
			if (typeof self.onLoad === "function") self.onLoad(success);
		},
		toString(): string {
			return isObject(this) ? encode(this as Record<string, unknown>) : "";
		},
	});
	return LoadVars as unknown as new () => object;
}

/** A POST, unless `method` is GET, which appends the variables to the address. */
function requestOf(sender: object, url: string, method: unknown): LoadRequest {
	if (toText(method).toUpperCase() !== "GET") return postOf(sender, url);
	const hash = url.indexOf("#");
	const address = hash === -1 ? url : url.slice(0, hash);
	const variables = toText(sender);
	const joint = variables === "" ? "" : address.includes("?") ? "&" : "?";
	return { method: "GET", url: address + joint + variables, headers: [], body: undefined };
}

// Functions, such as handlers, are not variables; neither are the properties of the class, which are enumerable in an object whose
// constructor never ran.
function encode(object: Record<string, unknown>): string {
	const pairs: string[] = [];
	for (const name in object) {
		const value = object[name];
		if (typeof value !== "function" && name !== "loaded" && name !== "contentType")
			pairs.push(`${escapeForm(name)}=${escapeForm(toText(value))}`);
	}
	return pairs.join("&");
}

function decodeInto(object: Record<string, unknown>, source: string): void {
	for (const pair of source.split("&")) {
		if (pair === "") continue;
		const equals = pair.indexOf("=");
		const name = unescapeForm(equals === -1 ? pair : pair.slice(0, equals));
		const value = equals === -1 ? "" : unescapeForm(pair.slice(equals + 1));
		// An assignment, so that a script's setter runs. A name of the peer must not replace the object's prototype.
		if (name === "__proto__") {
			Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
		} else object[name] = value;
	}
}

function escapeForm(text: string): string {
	return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd")).replace(
		/[!'()*]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);
}

function unescapeForm(text: string): string {
	const spaced = text.replaceAll("+", " ");
	try {
		return decodeURIComponent(spaced);
	} catch {
		// Invalid UTF-8 stays encoded; the rest is decoded.
		return spaced.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
			try {
				return decodeURIComponent(run);
			} catch {
				return run;
			}
		});
	}
}
