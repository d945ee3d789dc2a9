// Typed events: the listeners of one object. A listener that throws is reported, and the others are still called.

interface Entry {
	readonly listener: (value: never) => void;
	once: boolean;
}

/** The listeners of a set of events, given as a type that maps each name to the value that its listeners receive. */
export class Listeners<Events> {
	readonly #report: (error: unknown) => void;
	// Most connections of a server have one or two events with a listener, and many have none.
	#entries: Map<keyof Events, Entry[]> | undefined = undefined;

	/** @param report receives what a listener throws. Where it throws itself, the remaining listeners are not called. */
	constructor(report: (error: unknown) => void) {
		this.#report = report;
	}

	/**
	 * Adds a listener. The same function added twice for an event is called once for each value; it stays until it is removed
	 * unless it was added with `once` both times.
	 *
	 * @returns a function that removes it.
	 */
	add<Name extends keyof Events>(event: Name, listener: (value: Events[Name]) => void, once = false): () => void {
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
			const listener = entry.listener as (value: Events[Name]) => void;
			if (entry.once) {
				// A listener before it may have caused the same event.
				if (!this.#entries?.get(event)?.includes(entry)) continue;
				this.remove(event, listener);
			}
			try {
				listener(value);
			} catch (error) {
				this.#report(error);
			}
		}
	}
}
