// The kinds of frames between the primary process and a worker, and what one end can call at the other. Both ends are of one
// installation, so that the numbers can change with any version.

/** The kinds of frames. The fields are in brackets. */
export const KIND = {
	/** A message for all nodes: [data]. The primary passes these three on as they are. */
	all: 1,
	/** For one node: [node, data]. */
	node: 2,
	/** For the nodes that have a room open: [room, data]. */
	room: 3,
	/** An entry of a room that the worker follows: [room, entry]. */
	entry: 4,
	/** The same where the worker itself appended it: [number of the call, seq, prev, atMs]. */
	ownEntry: 5,
	/** A call: [number, operation, arguments]. */
	call: 6,
	/** Its result: [number, result]. */
	result: 7,
	/** Its failure: [number, error code, message]. */
	failure: 8,
	/** A call without a result: [operation, arguments]. */
	note: 9,
} as const;

/** What a worker calls at the primary. */
export const OPERATION = {
	/** [] → [node, first number, count of numbers, whether the log can be reached, whether there is a log]. The first call. */
	hello: 1,
	/** [room, session, id, payload] → [seq, prev, duplicate] */
	append: 2,
	/** [room, after, through or NaN, maxCount, maxBytes] → [more, count, entries] */
	readAfter: 3,
	/** [room, before, maxCount, maxBytes] → the same */
	readBefore: 4,
	/** [room] → [log, lastSeq, firstSeq] */
	state: 5,
	/** [room] → the same */
	follow: 6,
	/** [key, holder, the holder that may be replaced, if any] → [holder] */
	acquire: 7,
	/** [key, holder] → [] */
	release: 8,
	/** [count] → [first] */
	numbers: 9,
	/** For what the channel carries beside bus and log: [name, text] → [text]. Both ends can call it. */
	service: 10,
	/** [] → [whether these are the last, count, (key, value)…]: the next records. From the first call on, changes are noted. */
	readRecords: 11,
	/** [key, value or nothing] → [] */
	writeRecord: 12,
} as const;

/** What is noted without a result. */
export const NOTE = {
	/** [room]: the worker receives what is published to the room. */
	subscribe: 1,
	unsubscribe: 2,
	/** [room]: one follower less. */
	unfollow: 3,
	/** [room]: the history was replaced; its followers are gone. */
	reset: 4,
	/** [whether the log can be reached, cause]. */
	reachable: 5,
	/** [node]: a worker has ended. */
	nodeGone: 6,
	/** [number]: answered at once with `pong`. */
	ping: 7,
	/** [number, a number of the worker's]. */
	pong: 8,
	/** As the operation `service`: [name, text]. */
	service: 9,
	/** [whether it was written just now, key, value or nothing]: a record has changed. */
	record: 10,
} as const;
