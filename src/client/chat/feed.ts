// From a room to those who read it: listeners, loops, or a bounded number of messages that wait for either. It says when the
// loops have no room, and marks the first message behind those that nobody can have; it never asks the server for anything.

import type { Inbox } from "../inbox.ts";
import type { RoomMessage } from "./room-events.ts";

/** Where messages go that do not wait for a loop. */
export interface FeedListeners {
	has(): boolean;
	emit(message: RoomMessage): void;
}

/** The messages of one room on their way to its readers. */
export class Feed {
	readonly #inbox: Inbox<RoomMessage>;
	readonly #listeners: FeedListeners;
	readonly #roomMade: () => void;
	#loops = 0;
	#missing = false;

	/** @param roomMade is called when a loop was left; the inbox itself tells when something was taken. */
	constructor(inbox: Inbox<RoomMessage>, listeners: FeedListeners, roomMade: () => void) {
		this.#inbox = inbox;
		this.#listeners = listeners;
		this.#roomMade = roomMade;
	}

	/** Whether loops read, and should be given no more for now. */
	get isFull(): boolean {
		return this.#loops > 0 && this.#inbox.isFull;
	}

	/** Whether those who were too slow can be given more again. */
	get hasRoom(): boolean {
		return this.#loops === 0 || this.#inbox.hasRoom;
	}

	/** Hands a message on. Where it has to wait and there is no room, the oldest one goes. */
	deliver(message: RoomMessage): void {
		const heard = this.#listeners.has();
		if (heard) {
			this.flush();
			this.#listeners.emit(this.#loops > 0 ? message : this.#marked(message));
		}
		if (heard && this.#loops === 0) return;
		if (this.#inbox.isFull) {
			this.#inbox.shift();
			this.#missing = true;
		}
		this.#inbox.push(message, message.text.length);
	}

	/** Gives what waits to the listeners; loops have the first right to it. */
	flush(): void {
		while (this.#loops === 0 && this.#listeners.has()) {
			const message = this.#inbox.shift();
			if (!message) return;
			this.#listeners.emit(this.#marked(message));
		}
	}

	/** Messages that nobody can have stand before the next one. */
	miss(): void {
		this.#missing = true;
	}

	/** No more will come. */
	end(error: unknown, drop: boolean): void {
		this.#inbox.end(error, drop);
	}

	/** A loop's way to the messages. */
	read(): AsyncIterator<RoomMessage, undefined, undefined> {
		const reader = {};
		let left = false;
		this.#loops++;
		return {
			next: async () => {
				if (left) return { value: undefined, done: true };
				const result = await this.#inbox.next(reader);
				return result.done ? result : { value: this.#marked(result.value), done: false };
			},
			return: () => {
				if (!left) this.#loops--;
				left = true;
				this.#inbox.leave(reader);
				this.#roomMade();
				return Promise.resolve({ value: undefined, done: true });
			},
		};
	}

	#marked(message: RoomMessage): RoomMessage {
		if (!this.#missing) return message;
		this.#missing = false;
		return { ...message, afterGap: true };
	}
}
