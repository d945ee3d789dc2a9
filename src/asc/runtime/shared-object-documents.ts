// How clients use shared objects: documents with the root `<so name="…">`, in which each child is one request. Clients receive documents
// with the same root. docs/guide/asc.md, "Shared objects", specifies them.

import { wireCode, XMLSocketError } from "../../errors/index.ts";
import type { XMLNode } from "../../xml/index.ts";
import type { SharedObject, SharedObjects, SyncEntry } from "./shared-object.ts";
import { attribute, type SharedState, type Subscriber } from "./shared-state.ts";
import { escapeText, readValues } from "./values.ts";

/** A client that uses shared objects. */
export interface SharedObjectClient extends Subscriber {
	/** The folders of shared objects that it may read and change: `/` for all; several with ";" between them; "" for none. */
	readonly readAccess: unknown;
	readonly writeAccess: unknown;
}

/** The most shared objects that one client may use at a time. */
const MAX_FOLLOWED = 100;
/** Names that a client's `<send>` cannot call. */
const RESERVED = new Set(["onSync", "onStatus", "resyncDepth", ...Object.getOwnPropertyNames(Object.prototype)]);

/** The clients' side of an application's shared objects. */
export class SharedObjectDocuments {
	readonly #objects: SharedObjects;
	readonly #report: (error: unknown) => void;
	readonly #followed = new Map<Subscriber, Set<SharedState>>();
	readonly #reserved: ReadonlySet<string>;

	/** @param report receives the exceptions of a script's handlers. */
	constructor(objects: SharedObjects, report: (error: unknown) => void) {
		this.#objects = objects;
		this.#report = report;
		this.#reserved = new Set([...RESERVED, ...Object.getOwnPropertyNames(objects.SharedObject.prototype)]);
	}

	/** Handles a client's document. Never throws. */
	document(client: SharedObjectClient, root: XMLNode): void {
		const name = String(root.attributes.name ?? "");
		const isPersistent = root.attributes.persistent === "true";
		const list: SyncEntry[] = [];
		for (const element of [...root.childNodes]) {
			if (element.nodeType !== 1) continue;
			try {
				this.#act(client, name, isPersistent, element, list);
			} catch (error) {
				if (error instanceof XMLSocketError) client.send(refusalOf(name, isPersistent, error));
				else this.#report(error);
			}
		}
		const state = list.length === 0 ? undefined : this.#objects.find(name, isPersistent);
		if (!state) return;
		this.#objects.changed(state);
		const scriptObject = this.#objects.scriptObject(state);
		if (scriptObject) this.#call(scriptObject, "onSync", [list]);
	}

	/** Removes a disconnected client. */
	forget(client: Subscriber): void {
		for (const state of this.#followed.get(client) ?? []) {
			state.subscribers.delete(client);
			this.#objects.release(state);
		}
		this.#followed.delete(client);
	}

	#act(client: SharedObjectClient, name: string, isPersistent: boolean, element: XMLNode, list: SyncEntry[]): void {
		const act = element.nodeName;
		if (act === "connect") {
			this.#connect(client, name, isPersistent);
			return;
		}
		const state = this.#objects.find(name, isPersistent);
		if (!state?.subscribers.has(client)) throw refused(`Send <connect /> for the shared object "${name}" first.`);
		switch (act) {
			case "disconnect":
				state.subscribers.delete(client);
				this.#followed.get(client)?.delete(state);
				this.#objects.release(state);
				return;
			case "set":
			case "delete":
				this.#change(client, state, element, list);
				return;
			case "send": {
				if (!mayReach(client.writeAccess, name)) throw refused(`You may not send to the shared object "${name}".`);
				const handler = String(element.attributes.handler ?? "");
				const args = valuesIn(element);
				state.broadcast(handler, args, client);
				const scriptObject = this.#objects.scriptObject(state);
				if (scriptObject && !this.#reserved.has(handler)) this.#call(scriptObject, handler, args);
				return;
			}
			default:
				throw refused(`<so> knows <connect>, <set>, <delete>, <send> and <disconnect>, not <${act}>.`);
		}
	}

	#connect(client: SharedObjectClient, name: string, isPersistent: boolean): void {
		if (!mayReach(client.readAccess, name)) throw refused(`You may not read the shared object "${name}".`);
		const known = this.#objects.find(name, isPersistent);
		// A live object ends with its last client. A file stays, so only the script creates persistent objects.
		if (!this.#objects.has(name, isPersistent) && (isPersistent || !mayReach(client.writeAccess, name))) {
			throw refused(`There is no shared object "${name}", and you may not create it.`);
		}
		const followed = this.#followed.get(client) ?? new Set<SharedState>();
		if (followed.size >= MAX_FOLLOWED && !(known && followed.has(known))) {
			throw new XMLSocketError(
				"XMLSOCKET_SCRIPT_LIMIT",
				`One client may use ${MAX_FOLLOWED} shared objects at a time; disconnect from some.`,
				{ details: { limit: MAX_FOLLOWED } },
			);
		}
		const state = this.#objects.open(name, isPersistent, false);
		followed.add(state);
		this.#followed.set(client, followed);
		state.subscribers.add(client);
		client.send(state.snapshot());
	}

	#change(client: SharedObjectClient, state: SharedState, element: XMLNode, list: SyncEntry[]): void {
		const name = String(element.attributes.name ?? "");
		if (state.isLocked || !mayReach(client.writeAccess, state.name)) {
			client.send(state.rejection(name));
			return;
		}
		const oldValue = state.value(name);
		// A value of null deletes the property, as in setProperty.
		const value = element.nodeName === "set" ? (valuesIn(element)[0] ?? null) : null;
		if (value !== null) {
			state.set(name, value, client);
			list.push({ code: "change", name, oldValue });
		} else if (state.remove(name, client)) list.push({ code: "delete", name, oldValue });
	}

	#call(scriptObject: SharedObject, name: string, args: readonly unknown[]): void {
		try {
			const handler: unknown = (scriptObject as unknown as Record<string, unknown>)[name];
			if (typeof handler === "function") handler.apply(scriptObject, args);
		} catch (error) {
			this.#report(error);
		}
	}
}

/** Whether an access list (`readAccess`, `writeAccess`) includes an object. */
function mayReach(access: unknown, name: string): boolean {
	const path = `/${name}`;
	return String(access ?? "")
		.split(";")
		.map((folder) => folder.trim())
		.filter((folder) => folder !== "")
		.map((folder) => (folder.startsWith("/") ? folder : `/${folder}`))
		.some((folder) => path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`));
}

function valuesIn(element: XMLNode): unknown[] {
	try {
		return readValues(element);
	} catch (error) {
		throw new XMLSocketError("XMLSOCKET_SHARED_OBJECT_INVALID", (error as Error).message, { cause: error });
	}
}

function refused(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_SHARED_OBJECT_REFUSED", message);
}

function refusalOf(name: string, isPersistent: boolean, error: XMLSocketError): string {
	const persistent = isPersistent ? attribute("persistent", "true") : "";
	const code = wireCode(error.code);
	return `<so${attribute("name", name)}${persistent}><error code="${code}">${escapeText(error.message)}</error></so>`;
}
