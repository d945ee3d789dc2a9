// Who is in a room, as far as the server tells it: names in small rooms, a number in large ones, of whose names a part is known.

/** The people in a room. */
export class Roster {
	/** Names without order, each once; in a large room the first of many, and perhaps out of date. */
	names: readonly string[] = [];
	/** How many are in the room. */
	count = 0;
	/** Whether only the number is sure. */
	isStale = false;

	/** The list as the server gave it. */
	list(names: readonly string[], count: number): void {
		this.names = [...new Set(names)];
		this.count = count;
		this.isStale = false;
	}

	/** Someone came or went. */
	change(name: string, came: boolean, count: number | undefined): void {
		const others = this.names.filter((other) => other !== name);
		this.list(came ? [...others, name] : others, count ?? others.length + (came ? 1 : 0));
	}

	/** So many are here; who came and went is not said. */
	tell(count: number): void {
		this.count = count;
		this.isStale = true;
	}
}
