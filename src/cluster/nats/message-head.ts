// The head of a message: its status and headers, read out of its bytes when someone asks. The client makes a map of all of them, with a
// list of values for each and a search over all names for each that it adds: of a committed entry, which has seven, that
// was a quarter of everything that an append allocated.

/** Headers of a message, by name. A value contains neither CR nor LF. */
export type Headers = Readonly<Record<string, string>>;

/** What the client hands over of a message, as far as it is looked at here. */
interface Received {
	readonly data: Uint8Array;
	readonly headers?: Iterable<[string, string[]]> & { readonly code: number; readonly description: string };
}

/** Fields that the pinned client has and does not promise: the bytes of head and data, and how many of them are the head. */
interface Bytes {
	readonly _rdata?: unknown;
	readonly _msg?: { readonly hdr?: unknown };
}

const VERSION = "NATS/1.0";
const NONE = "NATS/1.0\r\n";

/** Status and headers of one message. */
export class MessageHead {
	readonly #text: string;

	/** @param text as it is on the wire */
	constructor(text: string) {
		this.#text = text;
	}

	/** Of a status answer, for example 404; 0 where it has none. */
	get status(): number {
		return Number.parseInt(this.#line().slice(0, 3), 10) || 0;
	}

	get description(): string {
		return this.#line().slice(3).trim();
	}

	/** The first value of a header, whose name is written as its publisher wrote it; "" where it is not there. */
	get(name: string): string {
		const begin = this.#text.indexOf(`\r\n${name}:`);
		if (begin < 0) return "";
		const from = begin + name.length + 3;
		const end = this.#text.indexOf("\r\n", from);
		return this.#text.slice(from, end < 0 ? undefined : end).trim();
	}

	#line(): string {
		const end = this.#text.indexOf("\r\n");
		return this.#text.slice(VERSION.length, end < 0 ? undefined : end).trim();
	}
}

const EMPTY = new MessageHead(NONE);

/** The head of a message of the client. */
export function headOf(message: Received): MessageHead {
	const { _rdata: bytes, _msg: parts } = message as Bytes;
	const length = parts?.hdr;
	if (bytes instanceof Uint8Array && typeof length === "number") {
		if (length <= 0) return EMPTY;
		return new MessageHead(Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("utf8"));
	}
	// Another version of the client: the long way.
	const { headers } = message;
	if (!headers) return EMPTY;
	const lines = [...headers].flatMap(([name, values]) => values.map((value) => `${name}: ${value}\r\n`));
	return new MessageHead(`${VERSION} ${headers.code || ""} ${headers.description}\r\n${lines.join("")}`);
}
