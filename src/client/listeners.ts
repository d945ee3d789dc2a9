// Typed events: who listens to what. A listener that throws is reported, and the others are still called.

/** The listeners of a set of events, given as a type that maps each name to what its listeners get. */
export class Listeners<Events> {
	readonly #report: (error: unknown) => void;
	readonly #sets = new Map<keyof Events, Set<(value: never) => void>>();

	constructor(report: (error: unknown) => void) {
		this.#report = report;
	}

	/** Adds a listener, and gives the function that takes it away. The same function added twice counts once. */
	add<Name extends keyof Events>(event: Name, listener: (value: Events[Name]) => void): () => void {
		let set = this.#sets.get(event);
		if (!set) {
			set = new Set();
			this.#sets.set(event, set);
		}
		set.add(listener);
		return () => {
			set.delete(listener);
		};
	}

	/** Whether anyone listens. */
	has(event: keyof Events): boolean {
		return (this.#sets.get(event)?.size ?? 0) > 0;
	}

	/** Calls every listener that is there now. */
	emit<Name extends keyof Events>(event: Name, value: Events[Name]): void {
		const set = this.#sets.get(event) as Set<(value: Events[Name]) => void> | undefined;
		if (!set) return;
		for (const listener of [...set]) {
			try {
				listener(value);
			} catch (error) {
				this.#report(error);
			}
		}
	}
}
