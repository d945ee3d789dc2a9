// What an application reports to the program around it: each message that was stored or delivered. The server publishes it through Node's
// diagnostics_channel. docs/guide/observability.md.

/** A message of a client of this server that the log has committed. */
export interface MessageStored {
	readonly room: string;
	/** Its number in the room. */
	readonly seq: number;
	/** The sender's name. */
	readonly from: string;
	/** The length of what is stored. */
	readonly bytes: number;
	/** From the receipt to the commit, in milliseconds. */
	readonly ms: number;
}

/** A message that was passed to the members of a room that are connected to this server. */
export interface MessageDelivered {
	readonly room: string;
	/** Its number in a stored room. */
	readonly seq: number | undefined;
	/** How many members. */
	readonly receivers: number;
	/** The length of the document, once. */
	readonly bytes: number;
}

/** Receives reports. A member is undefined while nothing listens: look at it before you make the report. */
export interface ApplicationObserver {
	readonly messageStored: ((report: MessageStored) => void) | undefined;
	readonly messageDelivered: ((report: MessageDelivered) => void) | undefined;
}
