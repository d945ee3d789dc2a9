// What a shared object is apart from who looks at it: its slots, its version, those that follow it, and the changes that wait
// while it is locked. The script's scriptObject of it is `shared-object.ts`, the clients' `shared-object-documents.ts`.

import { XMLSocketError } from "../../errors/index.ts";
import { escapeText, writeValues } from "./values.ts";

/** A client that follows shared objects. */
export interface Subscriber {
	/** Sends one document. */
	send(text: string): void;
}

/** A slot: the value as scripts see it, and its content as markup. */
interface Slot {
	readonly value: unknown;
	/** The `<change>` that tells it. */
	readonly markup: string;
}

/** The most slots of one shared object. */
export const MAX_SLOTS = 10_000;
/** The most that the markup of one shared object's slots may take, in characters. */
export const MAX_CHARS = 1_000_000;
/** The most that the markup of all shared objects of an application may take, in characters. */
const MAX_ALL_CHARS = 8_000_000;
/** The most that may wait for a lock to go, in characters. */
const MAX_BATCH_CHARS = 2 * MAX_CHARS;
/** The longest name of a slot or a shared object, in characters. */
export const MAX_NAME_CHARS = 128;

/** What the shared objects of one application take together. */
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
	/** Whether there are changes that its file does not have. */
	isDirty = false;
	/** Whether changes are written down without being asked to. */
	autoCommit = true;
	/** Whether a script holds it, beside its subscribers. */
	isHeld = false;
	readonly #budget: SharedBudget;
	readonly #slots = new Map<string, Slot>();
	#chars = 0;
	#locks = 0;
	/** What each subscriber is to hear when the last lock goes. */
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
	 * Sets a slot and tells the subscribers; `by`, where one of them did it, hears `success` in place of the value.
	 *
	 * @throws XMLSOCKET_SHARED_OBJECT_INVALID where the name or the value cannot be kept.
	 * @throws XMLSOCKET_SCRIPT_LIMIT where the object is full, or too much waits for the lock to go.
	 */
	set(name: string, value: unknown, by?: Subscriber): void {
		const slot = this.#slotFor(name, value);
		this.#checkBatch(slot.markup);
		this.#put(name, slot);
		this.#changed();
		this.#notify(slot.markup, by, name);
	}

	/** Sets a slot and tells nobody: for what comes from a file. */
	restore(name: string, value: unknown): void {
		this.#put(name, this.#slotFor(name, value));
	}

	/** Removes a slot and tells the subscribers. False where there is none of that name. */
	remove(name: string, by?: Subscriber): boolean {
		const slot = this.#slots.get(name);
		if (!slot) return false;
		const markup = `<delete${attribute("name", name)} />`;
		this.#checkBatch(markup);
		this.#slots.delete(name);
		this.#count(-slot.markup.length);
		this.#changed();
		this.#notify(markup, by, name);
		return true;
	}

	/** Removes all slots and tells the subscribers. */
	clear(): void {
		this.#checkBatch("<clear />");
		this.drop();
		this.#changed();
		this.#notify("<clear />");
	}

	/** Removes all slots and tells nobody: the object itself goes. */
	drop(): void {
		this.#slots.clear();
		this.#count(-this.#chars);
	}

	/** Has all subscribers call a handler: `<send>` with its arguments. */
	broadcast(handler: string, args: readonly unknown[]): void {
		const markup = sendElement(handler, args);
		this.#checkBatch(markup);
		this.#notify(markup);
	}

	/** Everything that a new subscriber must know: `<clear />`, then a `<change>` for each slot. */
	snapshot(): string {
		return this.document(`<clear />${this.changes()}`);
	}

	/** A `<change>` for each slot. */
	changes(): string {
		let markup = "";
		for (const slot of this.#slots.values()) markup += slot.markup;
		return markup;
	}

	/** What a subscriber hears whose change was refused: the slot as it is. */
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

	/** From here on the subscribers hear nothing, and none of them may change anything. Locks count. */
	lock(): void {
		this.#locks++;
	}

	/** Takes one lock back; with the last one, all that happened meanwhile goes out in one document. */
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

	#put(name: string, slot: Slot): void {
		const before = this.#slots.get(name);
		const more = slot.markup.length - (before?.markup.length ?? 0);
		if ((!before && this.#slots.size >= MAX_SLOTS) || this.#chars + more > MAX_CHARS) {
			throw new XMLSocketError(
				"XMLSOCKET_SCRIPT_LIMIT",
				`The shared object "${this.name}" is full: it may have ${MAX_SLOTS} properties, and ${MAX_CHARS} characters in all.`,
				{ details: { limit: MAX_SLOTS, limitCharacters: MAX_CHARS } },
			);
		}
		if (more > 0 && this.#budget.chars + more > MAX_ALL_CHARS) {
			throw new XMLSocketError(
				"XMLSOCKET_SCRIPT_LIMIT",
				`The shared objects of this application are full: ${MAX_ALL_CHARS} characters in all of them.`,
				{ details: { limitCharacters: MAX_ALL_CHARS } },
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

	// Before anything changes, so that what the subscribers know never differs from what is.
	#checkBatch(markup: string): void {
		if (!this.isLocked || this.#batch.length + markup.length <= MAX_BATCH_CHARS) return;
		throw new XMLSocketError(
			"XMLSOCKET_SCRIPT_LIMIT",
			`More than ${MAX_BATCH_CHARS} characters of changes wait while "${this.name}" is locked; unlock it now and then.`,
			{ details: { limitCharacters: MAX_BATCH_CHARS } },
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

/** Values as markup. @throws XMLSOCKET_SHARED_OBJECT_INVALID where they are too deep, or hold themselves. */
function valuesMarkup(values: readonly unknown[]): string {
	try {
		return writeValues(values);
	} catch (error) {
		throw new XMLSocketError("XMLSOCKET_SHARED_OBJECT_INVALID", (error as Error).message, { cause: error });
	}
}

// U+0000 would end the document, and no reference can stand for it.
function checked(markup: string): string {
	if (!markup.includes("\0")) return markup;
	throw new XMLSocketError("XMLSOCKET_SHARED_OBJECT_INVALID", "A value of a shared object holds U+0000.");
}

/** An attribute with its leading blank. */
export function attribute(name: string, value: string): string {
	return ` ${name}="${escapeText(value)}"`;
}
