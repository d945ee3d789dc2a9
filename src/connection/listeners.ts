// Typed events: the listeners of one object. A listener that throws, or whose promise rejects, is reported, and the others are
// still called.

import { nearestName, XMLSocketError } from "../errors/index.ts";
import { isPromise } from "../link/index.ts";

interface Entry {
	readonly listener: (value: never) => void;
	once: boolean;
}

/** The listeners of a set of events, given as a type that maps each name to the value that its listeners receive. */
export class Listeners<Events> {
	readonly #events: readonly string[];
	readonly #report: (error: unknown) => void;
	readonly #rejected: (error: unknown) => void;
	// Most connections of a server have one or two events with a listener, and many have none.
	#entries: Map<keyof Events, Entry[]> | undefined = undefined;

	/**
	 * @param events the names of all events.
	 * @param report receives what a listener throws. Where it throws itself, the remaining listeners are not called.
	 * @param rejected receives what an asynchronous listener rejects with, later. Default: `report`.
	 */
	constructor(
		events: readonly (keyof Events & string)[],
		report: (error: unknown) => void,
		rejected: (error: unknown) => void = report,
	) {
		this.#events = events;
		this.#report = report;
		this.#rejected = rejected;
	}

	/**
	 * Adds a listener. The same function added twice for an event is called once for each value; it stays until it is removed
	 * unless it was added with `once` both times.
	 *
	 * @returns a function that removes it.
	 * @throws XMLSOCKET_OPTION_UNKNOWN for an event that does not exist; XMLSOCKET_OPTION_INVALID for a listener that is not a
	 * function.
	 */
	add<Name extends keyof Events>(event: Name, listener: (value: Events[Name]) => void, once = false): () => void {
		const name = String(event);
		if (!this.#events.includes(name)) {
			const nearest = nearestName(name, this.#events);
			throw new XMLSocketError(
				"XMLSOCKET_OPTION_UNKNOWN",
				`There is no event ${name}; ${nearest ? `did you mean ${nearest}?` : `the events are ${this.#events.join(", ")}.`}`,
			);
		}
		if (typeof listener !== "function") {
			throw new XMLSocketError(
				"XMLSOCKET_OPTION_INVALID",
				`The listener of ${name} must be a function, but is of type ${typeof listener}.`,
			);
		}
		this.#entries ??= new Map();
		const entries = this.#entries.get(event) ?? [];
		const known = entries.find((entry) => entry.listener === listener);
		if (!known) this.#entries.set(event, [...entries, { listener, once }]);
		else if (!once) known.once = false;
		return () => this.remove(event, listener);
	}

	/** Removes a listener. */
	remove<Name extends keyof Events>(event: Name, listener: (value: Events[Name]) => void): void {
		const entries = this.#entries?.get(event);
		if (entries)
			this.#entries!.set(
				event,
				entries.filter((entry) => entry.listener !== listener),
			);
	}

	/** Whether the event has a listener. */
	has(event: keyof Events): boolean {
		return (this.#entries?.get(event)?.length ?? 0) > 0;
	}

	/** Calls every listener that is there now. */
	emit<Name extends keyof Events>(event: Name, value: Events[Name]): void {
		const entries = this.#entries?.get(event);
		if (!entries) return;
		// The array is replaced at each change, so that a listener may add and remove others.
		for (const entry of entries) {
			const listener = entry.listener as (value: Events[Name]) => unknown;
			if (entry.once) {
				// A listener before it may have caused the same event.
				if (!this.#entries?.get(event)?.includes(entry)) continue;
				this.remove(event, listener);
			}
			try {
				const result = listener(value);
				if (isPromise(result)) result.then(undefined, this.#rejected);
			} catch (error) {
				this.#report(error);
			}
		}
	}
}
