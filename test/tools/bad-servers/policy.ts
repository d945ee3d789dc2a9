// Servers that make mistakes with policy requests.

import { type BadServer, eachDocument, listening, muchLater, POLICY, REQUEST, terminated } from "./server.ts";

/** Recognises the request only if it is a whole chunk. An echo server otherwise. */
export const policyInOneChunk = (): Promise<BadServer> =>
	listening((socket) => {
		socket.once("data", (chunk) => {
			if (chunk.toString() === `${REQUEST}\0`) socket.end(terminated(POLICY));
			else {
				socket.unshift(chunk);
				eachDocument(socket, (document) => socket.write(terminated(document)));
			}
		});
		socket.on("end", () => socket.end());
	});

/** Sends the policy file without a zero byte. */
export const policyWithoutZero = (): Promise<BadServer> =>
	listening((socket) =>
		eachDocument(socket, (document) => {
			if (document.toString() === REQUEST) socket.end(POLICY);
		}),
	);

/** Sends a file whose element is not closed properly. */
export const policyNotWellFormed = (): Promise<BadServer> =>
	listening((socket) =>
		eachDocument(socket, (document) => {
			if (document.toString() === REQUEST) socket.end(terminated(POLICY.replace("/>", ">")));
		}),
	);

/** Answers after some other work, and destroys a connection whose client has ended its direction. */
export const policyLate = (): Promise<BadServer> =>
	listening((socket) => {
		eachDocument(socket, (document) => {
			if (document.toString() === REQUEST) muchLater(() => socket.end(terminated(POLICY)));
		});
		socket.removeAllListeners("end");
		socket.on("end", () => socket.destroy());
	});

/** Serves one connection after the other. */
export function policyOneAtATime(): Promise<BadServer> {
	let before: Promise<unknown> = Promise.resolve();
	return listening((socket) => {
		const turn = before;
		before = Promise.all([before, new Promise((resolve) => socket.once("close", resolve))]);
		void turn.then(() => eachDocument(socket, () => socket.end(terminated(POLICY))));
	});
}

/** Has eight places. */
export const policyEightPlaces = (): Promise<BadServer> =>
	listening((socket) => eachDocument(socket, () => socket.end(terminated(POLICY))), { maxConnections: 8 });

/** A relay that also passes on the request. */
export const policyPassedOn = (): Promise<BadServer> =>
	listening((socket, sockets) =>
		eachDocument(socket, (document) => {
			for (const each of sockets) if (each !== socket) each.write(terminated(document));
			if (document.toString() === REQUEST) socket.end(terminated(POLICY));
		}),
	);

/** Answers other spellings with half of the file. */
export const policyHalf = (): Promise<BadServer> =>
	listening((socket) =>
		eachDocument(socket, (document) => {
			const text = document.toString();
			if (text === REQUEST) socket.end(terminated(POLICY));
			else if (text.startsWith("<policy-file-request")) socket.write(POLICY.slice(0, 40));
		}),
	);

/** An echo server that accepts no more connections after its second policy request. */
export function policyOnce(): Promise<BadServer> {
	let requests = 0;
	return listening((socket, _, server) =>
		eachDocument(socket, (document) => {
			if (document.toString() !== REQUEST) socket.write(terminated(document));
			else {
				socket.end(terminated(POLICY));
				if (++requests === 2) server.close();
			}
		}),
	);
}

/** Answers its first request, and no other. */
export function policyFirstOnly(): Promise<BadServer> {
	let requests = 0;
	return listening((socket) => eachDocument(socket, () => socket.end(++requests === 1 ? terminated(POLICY) : "")));
}

/** An echo server that searches for the request in each chunk. */
export const policyAnywhere = (): Promise<BadServer> =>
	listening((socket) => {
		socket.on("data", (chunk: Buffer) => {
			if (chunk.includes(REQUEST)) socket.end(terminated(POLICY));
		});
		eachDocument(socket, (document) => {
			if (socket.writable) socket.write(terminated(document));
		});
	});
