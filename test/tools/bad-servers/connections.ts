// Servers whose connections disturb each other, or that mishandle the end of one.

import type { Socket } from "node:net";
import { type BadServer, eachDocument, listening, muchLater, terminated } from "./server.ts";

/** A relay whose one loop waits until each receiver has read. */
export function waitsForReaders(): Promise<BadServer> {
	const queue: Buffer[] = [];
	let isBusy = false;
	return listening((socket, sockets) => {
		eachDocument(socket, (document) => {
			queue.push(terminated(document));
			if (!isBusy) void sendAll(sockets);
		});
	});
	async function sendAll(sockets: ReadonlySet<Socket>): Promise<void> {
		isBusy = true;
		for (let bytes = queue.shift(); bytes; bytes = queue.shift()) {
			for (const each of [...sockets]) {
				if (each.writable && !each.write(bytes)) await drained(each);
			}
		}
		isBusy = false;
	}
}

function drained(socket: Socket): Promise<void> {
	return new Promise((resolve) => {
		socket.once("drain", resolve);
		socket.once("close", () => resolve());
	});
}

/** Answers after some other work, and destroys a connection whose client has ended its direction. */
export const destroysAtEnd = (): Promise<BadServer> =>
	listening((socket) => {
		eachDocument(socket, (document) => {
			if (document.length > 0) muchLater(() => socket.write(terminated(document)));
		});
		socket.removeAllListeners("end");
		socket.on("end", () => socket.destroy());
	});

/** Reads from the next connection only when the one before has ended. */
export function oneAtATime(): Promise<BadServer> {
	let before: Promise<unknown> = Promise.resolve();
	return listening((socket) => {
		const turn = before;
		before = Promise.all([before, closed(socket)]);
		void turn.then(() => eachDocument(socket, (document) => socket.write(terminated(document))));
	});
}

function closed(socket: Socket): Promise<void> {
	return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** Ends all connections when one of them sends something that cannot be XML. */
export const endsAllConnections = (): Promise<BadServer> =>
	listening((socket, sockets) => {
		eachDocument(socket, (document) => {
			if (!document.includes("<<<")) socket.write(terminated(document));
			else for (const each of sockets) each.destroy();
		});
	});

/** Decodes strictly, and an exception ends all connections. */
export const strictForAll = (): Promise<BadServer> =>
	listening((socket, sockets) => {
		const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
		eachDocument(socket, (document) => {
			try {
				socket.write(terminated(decoder.decode(document)));
			} catch {
				for (const each of sockets) each.destroy();
			}
		});
	});

/** Has five places. */
export const fivePlaces = (): Promise<BadServer> =>
	listening((socket) => eachDocument(socket, (document) => socket.write(terminated(document))), { maxConnections: 5 });

/** Has 40 places, and frees none when a connection ends. */
export function keepsPlaces(): Promise<BadServer> {
	let taken = 0;
	return listening((socket) => {
		if (++taken > 40) socket.destroy();
		eachDocument(socket, (document) => socket.write(terminated(document)));
	});
}

/** A relay that removes a client from its list at the end and at the close, the second time the last of the list. */
export function removesWrongClient(): Promise<BadServer> {
	const clients: Socket[] = [];
	return listening((socket) => {
		clients.push(socket);
		eachDocument(socket, (document) => {
			for (const client of clients) client.write(terminated(document));
		});
		const remove = (): void => {
			clients.splice(clients.indexOf(socket), 1);
		};
		socket.on("end", remove);
		socket.on("close", remove);
	});
}

/** A relay that notices clients that are gone while it sends, and then leaves out the next one. */
export function skipsNextClient(): Promise<BadServer> {
	const clients: Socket[] = [];
	return listening((socket) => {
		clients.push(socket);
		eachDocument(socket, (document) => {
			for (let i = 0; i < clients.length; i++) {
				if (clients[i]!.writable) clients[i]!.write(terminated(document));
				else clients.splice(i, 1);
			}
		});
	});
}
