// Echo servers that cut the byte stream wrongly, as many programs do.

import { XML } from "../../../src/xml/index.ts";
import { type BadServer, eachDocument, listening, terminated } from "./server.ts";

/** Takes the first document of each chunk, and forgets the rest. */
export const firstOfChunk = (): Promise<BadServer> =>
	listening((socket) => {
		socket.on("data", (chunk) => socket.write(terminated(chunk.toString().split("\0")[0]!)));
		socket.on("end", () => socket.end());
	});

/** Handles chunks that end in a zero byte, and ignores others. */
export const chunkEndsInZero = (): Promise<BadServer> =>
	listening((socket) => {
		socket.on("data", (chunk: Buffer) => {
			if (chunk.at(-1) !== 0) return;
			for (const document of chunk.subarray(0, -1).toString().split("\0")) socket.write(terminated(document));
		});
		socket.on("end", () => socket.end());
	});

/** Appends each chunk, decoded by itself, to a string. */
export const textPerChunk = (): Promise<BadServer> =>
	listening((socket) => {
		let text = "";
		socket.on("data", (chunk) => {
			const parts = (text + chunk.toString()).split("\0");
			text = parts.pop()!;
			for (const part of parts) socket.write(terminated(part));
		});
		socket.on("end", () => socket.end());
	});

/** Collects a chunk that does not end in a zero byte, but treats the whole of one that does as a single document. */
export const oneDocumentPerZeroEnd = (): Promise<BadServer> =>
	listening((socket) => {
		let rest = Buffer.alloc(0);
		socket.on("data", (chunk: Buffer) => {
			rest = Buffer.concat([rest, chunk]);
			if (rest.at(-1) !== 0) return;
			socket.write(terminated(rest.toString().replaceAll("\0", "")));
			rest = Buffer.alloc(0);
		});
		socket.on("end", () => socket.end());
	});

/** Has one buffer for all connections. */
export function oneBuffer(): Promise<BadServer> {
	let rest = Buffer.alloc(0);
	return listening((socket) => {
		socket.on("data", (chunk: Buffer) => {
			rest = Buffer.concat([rest, chunk]);
			for (let zero = rest.indexOf(0); zero >= 0; zero = rest.indexOf(0)) {
				socket.write(terminated(rest.subarray(0, zero)));
				rest = rest.subarray(zero + 1);
			}
		});
		socket.on("end", () => socket.end());
	});
}

/** Collects a document in 1,024 bytes, and drops what does not fit. */
export const fixedBuffer = (): Promise<BadServer> =>
	listening((socket) => {
		const buffer = Buffer.alloc(1024);
		let length = 0;
		socket.on("data", (chunk: Buffer) => {
			for (const byte of chunk) {
				if (byte === 0) {
					socket.write(terminated(buffer.subarray(0, length)));
					length = 0;
				} else if (length < buffer.length - 1) buffer[length++] = byte;
			}
		});
		socket.on("end", () => socket.end());
	});

/** Ends a connection that sends an empty document. */
export const endsOnEmpty = (): Promise<BadServer> =>
	listening((socket) => {
		eachDocument(socket, (document) => {
			if (document.length === 0) socket.end();
			else socket.write(terminated(document));
		});
	});

/** Handles what has no zero byte when the connection ends. */
export const handlesUnfinished = (): Promise<BadServer> =>
	listening((socket) => {
		let rest = Buffer.alloc(0);
		socket.on("data", (chunk: Buffer) => {
			rest = Buffer.concat([rest, chunk]);
			for (let zero = rest.indexOf(0); zero >= 0; zero = rest.indexOf(0)) {
				socket.write(terminated(rest.subarray(0, zero)));
				rest = rest.subarray(zero + 1);
			}
		});
		socket.on("end", () => socket.end(rest.length > 0 ? terminated(rest) : ""));
	});

/** Takes a closing tag at the end of a chunk for the end of a document. */
export const guessesEnd = (): Promise<BadServer> =>
	listening((socket) => {
		let rest = Buffer.alloc(0);
		socket.on("data", (chunk: Buffer) => {
			rest = Buffer.concat([rest, chunk]);
			for (let zero = rest.indexOf(0); zero >= 0; zero = rest.indexOf(0)) {
				if (zero > 0) socket.write(terminated(rest.subarray(0, zero)));
				rest = rest.subarray(zero + 1);
			}
			if (!rest.subarray(-4).equals(Buffer.from("</m>"))) return;
			socket.write(terminated(rest));
			rest = Buffer.alloc(0);
		});
		socket.on("end", () => socket.end());
	});

/** Removes white space at both ends. */
export const trims = (): Promise<BadServer> =>
	listening((socket) => eachDocument(socket, (document) => socket.write(terminated(document.toString().trim()))));

/** Parses each document, and writes the tree. */
export const parsesAndWrites = (): Promise<BadServer> =>
	listening((socket) =>
		eachDocument(socket, (document) => {
			const tree = new XML(document.toString());
			if (tree.status === 0) socket.write(terminated(tree.toString()));
		}),
	);

/** Removes control characters. */
export const removesControls = (): Promise<BadServer> =>
	listening((socket) =>
		// biome-ignore lint/suspicious/noControlCharactersInRegex: the mistake of this server
		eachDocument(socket, (document) => socket.write(terminated(document.toString().replace(/[\x00-\x1f\x7f]/g, "")))),
	);

/** Writes a line break behind each zero byte. */
export const addsLineBreak = (): Promise<BadServer> =>
	listening((socket) =>
		eachDocument(socket, (document) => socket.write(Buffer.concat([terminated(document), Buffer.from("\r\n")]))),
	);

/** Writes two zero bytes. */
export const addsZeroByte = (): Promise<BadServer> =>
	listening((socket) =>
		eachDocument(socket, (document) => socket.write(Buffer.concat([terminated(document), Buffer.alloc(1)]))),
	);

/** Answers each document when its own work is done, shorter ones first. */
export const losesOrder = (): Promise<BadServer> =>
	listening((socket) => {
		let number = 0;
		eachDocument(socket, (document) => {
			const turns = number++ % 2 === 0 ? 3 : 1;
			const later = (left: number): void => {
				if (left === 0) socket.write(terminated(document));
				else setImmediate(later, left - 1);
			};
			later(turns);
		});
	});

/** Ends its documents with a line feed instead of a zero byte. */
export const endsWithLineFeed = (): Promise<BadServer> =>
	listening((socket) => eachDocument(socket, (document) => socket.write(Buffer.concat([document, Buffer.from("\n")]))));

/** Decodes and encodes with the platform's default, which removes the byte order mark. */
export const removesMark = (): Promise<BadServer> =>
	listening((socket) =>
		eachDocument(socket, (document) => socket.write(terminated(new TextDecoder().decode(document)))),
	);

/** Decodes each chunk strictly, and an exception ends the connection. */
export const strictPerChunk = (): Promise<BadServer> =>
	listening((socket) => {
		let text = "";
		socket.on("data", (chunk) => {
			try {
				text += new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(chunk);
			} catch {
				return socket.destroy();
			}
			const parts = text.split("\0");
			text = parts.pop()!;
			for (const part of parts) socket.write(terminated(part));
			return undefined;
		});
		socket.on("end", () => socket.end());
	});

/** Trims each chunk, not the document. */
export const trimsChunks = (): Promise<BadServer> =>
	listening((socket) => {
		let rest = Buffer.alloc(0);
		socket.on("data", (chunk: Buffer) => {
			let [from, to] = [0, chunk.length];
			while (from < to && chunk[from] === 32) from++;
			while (to > from && chunk[to - 1] === 32) to--;
			rest = Buffer.concat([rest, chunk.subarray(from, to)]);
			for (let zero = rest.indexOf(0); zero >= 0; zero = rest.indexOf(0)) {
				socket.write(terminated(rest.subarray(0, zero)));
				rest = rest.subarray(zero + 1);
			}
		});
		socket.on("end", () => socket.end());
	});

/** Reads lines too: a line feed ends a document. */
export const cutsAtLineFeeds = (): Promise<BadServer> =>
	listening((socket) =>
		eachDocument(socket, (document) => {
			for (const line of document.toString().split("\n")) socket.write(terminated(line));
		}),
	);

/** Reads Latin-1 and writes UTF-8. */
export const doublyEncoded = (): Promise<BadServer> =>
	listening((socket) => eachDocument(socket, (document) => socket.write(terminated(document.toString("latin1")))));

/** Counts characters where it must count bytes. */
export const characterCounts = (): Promise<BadServer> =>
	listening((socket) => {
		let rest = Buffer.alloc(0);
		socket.on("data", (chunk: Buffer) => {
			rest = Buffer.concat([rest, chunk]);
			for (let end = rest.toString().indexOf("\0"); end >= 0; end = rest.toString().indexOf("\0")) {
				socket.write(terminated(rest.subarray(0, end)));
				rest = rest.subarray(end + 1);
			}
		});
		socket.on("end", () => socket.end());
	});

/** Takes a zero byte at the beginning for none. */
export const stopsAtEmpty = (): Promise<BadServer> =>
	listening((socket) => {
		let rest = Buffer.alloc(0);
		socket.on("data", (chunk: Buffer) => {
			rest = Buffer.concat([rest, chunk]);
			for (let zero = rest.indexOf(0); zero > 0; zero = rest.indexOf(0)) {
				socket.write(terminated(rest.subarray(0, zero)));
				rest = rest.subarray(zero + 1);
			}
		});
		socket.on("end", () => socket.end());
	});

/** Reads 23 bytes to look for a policy request before anything else. */
export const waitsFor23Bytes = (): Promise<BadServer> =>
	listening((socket) => {
		let first = Buffer.alloc(0);
		const collect = (chunk: Buffer): void => {
			first = Buffer.concat([first, chunk]);
			if (first.length < 23) return;
			socket.off("data", collect);
			eachDocument(socket, (document) => socket.write(terminated(document)));
			socket.emit("data", first);
		};
		socket.on("data", collect);
		socket.on("end", () => socket.end());
	});
