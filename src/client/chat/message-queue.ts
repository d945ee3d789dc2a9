// The messages of one room on their way to its readers. Where nobody reads, the newest wait. It marks the first message behind those
// that are missing; it never asks the server for anything.

import { type InboxLimits, ReadQueue } from "../../connection/index.ts";
import type { RoomMessage } from "./room-events.ts";

/** The listeners of a room's messages, and the owner of the queue. */
export interface MessageQueueOwner {
	hasListeners(): boolean;
	emit(message: RoomMessage): void;
	/** There is more room: a message was taken, or a loop was left. */
	moved(): void;
}

/** The messages of one room. */
export class MessageQueue {
	readonly #queue: ReadQueue<RoomMessage>;
	/** Messages are missing before the next one. */
	#missing = false;

	constructor(limits: InboxLimits, owner: MessageQueueOwner) {
		this.#queue = new ReadQueue(limits, {
			hasListeners: () => owner.hasListeners(),
			emit: (message) => owner.emit(message),
			moved: () => owner.moved(),
			taking: (message) => {
				if (!this.#missing) return message;
				this.#missing = false;
				return { ...message, afterGap: true };
			},
		});
	}

	/** Whether loops read and cannot take more for now. */
	get isFull(): boolean {
		return this.#queue.hasLoops && this.#queue.isFull;
	}

	/** Whether loops that were too slow can take more again. */
	get hasRoom(): boolean {
		return !this.#queue.hasLoops || this.#queue.hasRoom;
	}

	/** Hands a message on. Where it has to wait and there is no room, the oldest one is dropped. */
	deliver(message: RoomMessage): void {
		this.#queue.flush();
		if (this.#queue.dropOldest()) this.#missing = true;
		this.#queue.deliver(message, message.text.length);
	}

	/** Hands what waits to the listeners; loops come first. */
	flush(): void {
		this.#queue.flush();
	}

	/** Messages before the next one are missing for good. */
	miss(): void {
		this.#missing = true;
	}

	/** No more will come. */
	end(error: unknown, drop: boolean): void {
		this.#queue.end(error, drop);
	}

	/** The iterator of one loop. */
	read(): AsyncIterator<RoomMessage, undefined, undefined> {
		return this.#queue.read();
	}
}
