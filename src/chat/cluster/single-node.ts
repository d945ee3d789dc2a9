// A daemon that runs alone: no person or room is elsewhere, and every name is decided here.

import type { ChatCluster, LiveRoomRelay } from "./cluster.ts";

const NO_RELAY: LiveRoomRelay = { send: () => {}, close: () => {} };

/** The cluster of one daemon. */
export class SingleNode implements ChatCluster {
	readonly restoredNotice = "Stored rooms accept messages again.";
	readonly node = "local";
	#lastGuest = 0;

	personChanged(): void {}
	personGone(): void {}
	joined(): void {}
	left(): void {}

	personBySession(): undefined {}
	personByName(): undefined {}
	count(): number {
		return 0;
	}
	members(): [] {
		return [];
	}
	rooms(): [] {
		return [];
	}

	// The next three are about a person of another node, and there is none.
	provesSession(): boolean {
		return false;
	}
	async kick(): Promise<boolean> {
		return false;
	}
	async tell(): Promise<boolean> {
		return false;
	}

	guestNumber(): string {
		return String(++this.#lastGuest);
	}
	acquireName(_nameKey: string, _name: string, _session: string, begin: () => void): void {
		begin();
	}
	releaseName(): void {}

	relay(): LiveRoomRelay {
		return NO_RELAY;
	}

	nodes(): [] {
		return [];
	}
	async ask(): Promise<string> {
		return "";
	}

	sweep(): void {}
	stats(): Record<string, number> {
		return {};
	}
	leave(): void {}
	async close(): Promise<void> {}
}
