// Typed events: the listeners of one object. A listener that throws is reported, and the others are still called.

interface Entry {
	readonly listener: (value: never) => void;
	readonly once: boolean;
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
	 * Adds a listener. The same function added twice for an event counts once.
	 *
	 * @returns a function that removes it.
	 */
	add<Name extends keyof Events>(event: Name, listener: (value: Events[Name]) => void, once = false): () => void {
		this.#entries ??= new Map();
		const entries = this.#entries.get(event) ?? [];
		if (!entries.some((entry) => entry.listener === listener))
			this.#entries.set(event, [...entries, { listener, once }]);
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
		for (const { listener, once } of entries) {
			if (once) this.remove(event, listener as (value: Events[Name]) => void);
			try {
				(listener as (value: Events[Name]) => void)(value);
			} catch (error) {
				this.#report(error);
			}
		}
	}
}
