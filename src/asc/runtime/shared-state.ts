// The state of a shared object: its slots, its version, its subscribers, and the changes that wait while it is locked. `shared-object.ts`
// is the script's view of it, `shared-object-documents.ts` the clients'.

import { XMLSocketError } from "../../errors/index.ts";
import { escapeText, writeValues } from "./values.ts";

/** A client that has connected to shared objects. */
export interface Subscriber {
	/** Sends one document. */
	send(text: string): void;
}

/** A slot: the value as scripts see it, and as markup. */
interface Slot {
	readonly value: unknown;
	/** The `<change>` element of the value. */
	readonly markup: string;
}

// Clients get an error at these limits. Scripts may go on to twice as much, so that clients cannot make the calls of a script fail.

/** The most slots of one shared object. */
export const MAX_SLOTS = 10_000;
/** The longest markup of all slots of one shared object, in characters. */
export const MAX_CHARS = 1_000_000;
/** The longest markup of all shared objects of an application, in characters. */
const MAX_ALL_CHARS = 8_000_000;
/** The longest markup that may wait while an object is locked, in characters. */
const MAX_BATCH_CHARS = 2 * MAX_CHARS;
/** Scripts have this many times the limits of clients. */
const SCRIPT_FACTOR = 2;
/** The longest name of a slot or a shared object, in characters. */
export const MAX_NAME_CHARS = 128;

/** The total size of the shared objects of one application. */
export interface SharedBudget {
	/** Characters of markup. */
	chars: number;
}

/** One shared object of an application. */
export class SharedState {
	readonly name: string;
	readonly isPersistent: boolean;
	readonly subscribers: Set<Subscriber> = new Set();
	version: number;
	/** Whether there are changes that are not in its file. */
	isDirty = false;
	/** Whether changes are written to the file automatically. */
	autoCommit = true;
	/** Whether a script holds the object. */
	isHeld = false;
	readonly #budget: SharedBudget;
	readonly #slots = new Map<string, Slot>();
	#chars = 0;
	#locks = 0;
	/** The markup for the subscribers when the last lock is released. */
	#batch = "";

	constructor(name: string, isPersistent: boolean, budget: SharedBudget, version = 0) {
		this.#budget = budget;
		this.name = name;
		this.isPersistent = isPersistent;
		this.version = version;
	}

	/** The number of slots. */
	get size(): number {
		return this.#slots.size;
	}

	get isLocked(): boolean {
		return this.#locks > 0;
	}

	names(): string[] {
		return [...this.#slots.keys()];
	}

	value(name: string): unknown {
		return this.#slots.get(name)?.value;
	}

	/**
	 * Sets a slot and notifies the subscribers. The subscriber `by`, which requested the change, receives `success` instead of the value.
	 *
	 * @throws XMLSOCKET_SHARED_OBJECT_INVALID if the name or the value is not allowed.
	 * @throws XMLSOCKET_SCRIPT_LIMIT if the object is full, or too many changes wait while it is locked.
	 */
	set(name: string, value: unknown, by?: Subscriber): void {
		const slot = this.#slotFor(name, value);
		this.#checkBatch(slot.markup, by);
		this.#put(name, slot, by);
		this.#changed();
		this.#notify(slot.markup, by, name);
	}

	/** Sets a slot from the file, without a notification. */
	restore(name: string, value: unknown): void {
		this.#put(name, this.#slotFor(name, value), undefined);
	}

	/** Removes a slot and notifies the subscribers. False if there is none of that name. */
	remove(name: string, by?: Subscriber): boolean {
		const slot = this.#slots.get(name);
		if (!slot) return false;
		const markup = `<delete${attribute("name", name)} />`;
		this.#checkBatch(markup, by);
		this.#slots.delete(name);
		this.#count(-slot.markup.length);
		this.#changed();
		this.#notify(markup, by, name);
		return true;
	}

	/** Removes all slots and notifies the subscribers. */
	clear(): void {
		this.#checkBatch("<clear />", undefined);
		this.drop();
		this.#changed();
		this.#notify("<clear />");
	}

	/** Removes all slots without a notification, when the object itself is dropped. */
	drop(): void {
		this.#slots.clear();
		this.#count(-this.#chars);
	}

	/** Sends `<send>` with a handler's name and arguments to all subscribers. @param by the client that requested it */
	broadcast(handler: string, args: readonly unknown[], by?: Subscriber): void {
		const markup = sendElement(handler, args);
		this.#checkBatch(markup, by);
		this.#notify(markup);
	}

	/** The document for a new subscriber: `<clear />`, then a `<change>` for each slot. */
	snapshot(): string {
		return this.document(`<clear />${this.changes()}`);
	}

	/** A `<change>` for each slot. */
	changes(): string {
		let markup = "";
		for (const slot of this.#slots.values()) markup += slot.markup;
		return markup;
	}

	/** The document for a subscriber whose change was refused: the slot's current value. */
	rejection(name: string): string {
		const slot = this.#slots.get(name);
		const rejected = `<reject${attribute("name", name)} />`;
		return this.document(rejected + (slot ? slot.markup : `<delete${attribute("name", name)} />`));
	}

	/** `content` in the root element of this object's documents. */
	document(content: string): string {
		const persistent = this.isPersistent ? attribute("persistent", "true") : "";
		return `<so${attribute("name", this.name)}${persistent} version="${this.version}">${content}</so>`;
	}

	/** Locks the object: subscribers receive nothing and cannot change it. Each lock needs an unlock. */
	lock(): void {
		this.#locks++;
	}

	/** Releases one lock. With the last lock, all changes since the first leave in one document. */
	unlock(): void {
		if (this.#locks === 0 || --this.#locks > 0) return;
		const batch = this.#batch;
		this.#batch = "";
		if (batch !== "") this.#notify(batch);
	}

	#slotFor(name: string, value: unknown): Slot {
		if (name === "" || name.length > MAX_NAME_CHARS || name.includes("\0")) {
			throw new XMLSocketError(
				"XMLSOCKET_SHARED_OBJECT_INVALID",
				`A property of a shared object needs a name of 1 to ${MAX_NAME_CHARS} characters without U+0000.`,
			);
		}
		return { value, markup: checked(`<change${attribute("name", name)}>${valuesMarkup([value])}</change>`) };
	}

	#put(name: string, slot: Slot, by: Subscriber | undefined): void {
		const before = this.#slots.get(name);
		const more = slot.markup.length - (before?.markup.length ?? 0);
		const factor = by ? 1 : SCRIPT_FACTOR;
		const [maxSlots, maxChars, maxAllChars] = [MAX_SLOTS * factor, MAX_CHARS * factor, MAX_ALL_CHARS * factor];
		// A change that does not grow the object is always possible.
		if ((!before && this.#slots.size >= maxSlots) || (more > 0 && this.#chars + more > maxChars)) {
			throw new XMLSocketError(
				"XMLSOCKET_SCRIPT_LIMIT",
				`The shared object "${this.name}" is full: it may have ${maxSlots} properties, and ${maxChars} characters in all.`,
				{ details: { limit: maxSlots, limitCharacters: maxChars } },
			);
		}
		if (more > 0 && this.#budget.chars + more > maxAllChars) {
			throw new XMLSocketError(
				"XMLSOCKET_SCRIPT_LIMIT",
				`The shared objects of this application are full: ${maxAllChars} characters in all of them.`,
				{ details: { limitCharacters: maxAllChars } },
			);
		}
		this.#slots.set(name, slot);
		this.#count(more);
	}

	#count(chars: number): void {
		this.#chars += chars;
		this.#budget.chars += chars;
	}

	#changed(): void {
		this.version++;
		this.isDirty = this.isPersistent;
	}

	// Called before a change, so that subscribers never miss a change that was made.
	#checkBatch(markup: string, by: Subscriber | undefined): void {
		const limit = by ? MAX_BATCH_CHARS : MAX_BATCH_CHARS * SCRIPT_FACTOR;
		if (!this.isLocked || this.#batch.length + markup.length <= limit) return;
		throw new XMLSocketError(
			"XMLSOCKET_SCRIPT_LIMIT",
			`More than ${limit} characters of changes wait while "${this.name}" is locked; unlock it sooner.`,
			{ details: { limitCharacters: limit } },
		);
	}

	#notify(markup: string, by?: Subscriber, name?: string): void {
		if (this.isLocked) {
			this.#batch += markup;
			return;
		}
		const text = this.document(markup);
		for (const subscriber of this.subscribers) {
			if (subscriber !== by || name === undefined) subscriber.send(text);
			else subscriber.send(this.document(`<success${attribute("name", name)} />`));
		}
	}
}

/** `<send handler="…">` with its arguments. */
function sendElement(handler: string, args: readonly unknown[]): string {
	return checked(`<send${attribute("handler", handler)}>${valuesMarkup(args)}</send>`);
}

/** Values as markup. @throws XMLSOCKET_SHARED_OBJECT_INVALID if they are nested too deeply, or contain themselves */
function valuesMarkup(values: readonly unknown[]): string {
	try {
		return writeValues(values);
	} catch (error) {
		throw new XMLSocketError("XMLSOCKET_SHARED_OBJECT_INVALID", (error as Error).message, { cause: error });
	}
}

// U+0000 would end the document, and XML has no reference for it.
function checked(markup: string): string {
	if (!markup.includes("\0")) return markup;
	throw new XMLSocketError("XMLSOCKET_SHARED_OBJECT_INVALID", "A value of a shared object holds U+0000.");
}

/** An attribute, with a space in front. */
export function attribute(name: string, value: string): string {
	return ` ${name}="${escapeText(value)}"`;
}
