// An application that runs in another process of the daemon: the clients that connect here are given to it. It runs no scripts.

import type { Handshake, Peer, Session } from "../application/index.ts";
import type { FoundApplication } from "./folder.ts";
import { statusText } from "./status-text.ts";

/** Where an application of another process gets its clients. */
export interface RemoteClients {
	/**
	 * Adds a client.
	 *
	 * @param first its `connect` document, if it sent one. @param lost is called before it is disconnected because that process has ended.
	 */
	enter(
		peer: Peer,
		about: { readonly application: string; readonly first: string | undefined; readonly handshake: Handshake },
		lost: () => void,
	): Session;
	/** Resolves when the application sends nothing more to the clients here. */
	released(application: string): Promise<void>;
}

/** An application of another process. */
export class RemoteApplication {
	readonly name: string;
	readonly entry: string;
	/** That process counts them. */
	readonly clients = 0;
	readonly errors = 0;
	readonly restarts = 0;
	readonly #clients: RemoteClients;

	constructor({ name, entry }: FoundApplication, clients: RemoteClients) {
		this.name = name;
		this.entry = entry;
		this.#clients = clients;
	}

	enter(peer: Peer, connect: string | undefined, handshake: Handshake): Session {
		return this.#clients.enter(peer, { application: this.name, first: connect, handshake }, () => {
			if (connect === undefined) return;
			peer.send(statusText("error", "NetConnection.Connect.AppShutdown", "The application has stopped."));
		});
	}

	sweep(): void {}

	close(): Promise<void> {
		return this.#clients.released(this.name);
	}
}
