// How the daemons of one cluster reach each other: the interface only. It has an implementation in memory here and one on NATS
// elsewhere. What is said over it is the application's affair; a bus delivers at most once, in order from each sender.

/** The receivers of a message on the bus: every node, one node, or the nodes that have a room open. */
export type Channel =
	| { readonly to: "all" }
	| { readonly to: "node"; readonly node: string }
	| { readonly to: "room"; readonly room: string };

/** Carries messages between the daemons of a cluster. */
export interface Bus {
	/** Names this process; another one at each start. Letters and digits. */
	readonly node: string;
	/** Whether the others can be reached, as far as is known. */
	readonly connected: boolean;
	/**
	 * Whether every node is a process of the same daemon, so that what they send needs no limit of its own. Absent: no.
	 */
	readonly isTrusted?: boolean;
	readonly leases: NameLeases;
	/** The longest message that can be sent now, in bytes. */
	readonly maxBytes: number;
	/** Sends one message. @returns false where it was not sent: there is no connection, too much waits to leave, or it is too large. */
	publish(channel: Channel, data: Uint8Array): boolean;
	/** Delivers what arrives; the node's own messages may come back. @returns a function that ends it. */
	subscribe(channel: Channel, receive: (data: Uint8Array) => void): () => void;
	/** Reports when the connection is lost and found. @returns a function that ends the reports. */
	watch(changed: (connected: boolean) => void): () => void;
	/**
	 * Reports each node that has ended, after its last message. Absent where the bus does not know; then silence shows it.
	 *
	 * @returns a function that ends the reports.
	 */
	watchNodes?(gone: (node: string) => void): () => void;
	/** The next number of a row that all nodes share, each given once; undefined where none can be had now. */
	nextNumber(): number | undefined;
	/** A digest that shows who knows `secret` without telling it. */
	digest(secret: string): string;
	close(): Promise<void>;
}

/** Keys of which each has at most one holder in the whole cluster. Any method may reject with XMLSOCKET_UNAVAILABLE. */
export interface NameLeases {
	/**
	 * Takes a key: where nobody has it, or where `mayReplace` agrees about the holder it has. Atomic across all nodes.
	 * @returns whose it is now.
	 */
	acquire(key: string, holder: string, mayReplace: (present: string) => boolean): Promise<string>;
	/** Gives a key back, if it is the holder's. */
	release(key: string, holder: string): Promise<void>;
}
