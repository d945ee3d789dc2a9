// The members of a room, as far as the server reports them: all names of a small room; the number, and some names, of a large one.

/** The members of a room. */
export class Roster {
	/** Names without order, each once; in a large room the first of many, and perhaps out of date. */
	names: readonly string[] = [];
	/** Those of the names who are operators. */
	operators: ReadonlySet<string> = new Set();
	/** The number of members. */
	count = 0;
	/** Whether only the number is certain. */
	isStale = false;

	/** The server sent the list. */
	list(names: readonly string[], count: number, operators: Iterable<string> = []): void {
		this.names = [...new Set(names)];
		this.operators = new Set(operators);
		this.count = count;
		this.isStale = false;
	}

	/** A member came or went. */
	change(name: string, came: boolean, count: number | undefined, isOperator = false): void {
		const others = this.names.filter((other) => other !== name);
		const operators = new Set(this.operators);
		if (came && isOperator) operators.add(name);
		else operators.delete(name);
		this.list(came ? [...others, name] : others, count ?? others.length + (came ? 1 : 0), operators);
	}

	/** The server sent the number alone. */
	setCount(count: number): void {
		this.count = count;
		this.isStale = true;
	}
}
