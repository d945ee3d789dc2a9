// One HTTP request of a document and its answer, by the `fetch` that Node and pages share. `loading.ts` says what is asked and
// what becomes of the answer; a script host, which has no `fetch` to give away, brings a transfer of its own.

/** What `load`, `send` and `sendAndLoad` ask for. */
export interface LoadRequest {
	readonly method: "GET" | "POST";
	readonly url: string;
	readonly headers: readonly (readonly [name: string, value: string])[];
	/** Undefined where nothing is sent. */
	readonly body: string | undefined;
}

/** What came of it. */
export interface Answer {
	/** The HTTP status, 0 where there was no answer. */
	readonly status: number;
	readonly bytes: number;
	/** Undefined where the request failed, also by its status. */
	readonly text: string | undefined;
}

/** Hears of one request. */
export interface Receiver {
	/** Once, and last. What it throws is the host's to report. */
	answered(answer: Answer): void;
	/** Bytes that have arrived, and those of the whole answer where they are known. May never be called. */
	progress?(loadedBytes: number, totalBytes: number | undefined): void;
}

/** Makes a request. It never throws, and calls back only after it has returned. */
export type Transfer = (request: LoadRequest, receiver: Receiver) => void;

/** The transfer of Node and pages. */
export const fetchTransfer: Transfer = (request, receiver) => {
	void receive(request).then((answer) => receiver.answered(answer));
};

async function receive({ method, url, headers, body }: LoadRequest): Promise<Answer> {
	let status = 0;
	try {
		const init = { method, headers: headers.map(([name, value]): [string, string] => [name, value]) };
		const response = await fetch(url, body === undefined ? init : { ...init, body });
		status = response.status;
		const bytes = new Uint8Array(await response.arrayBuffer());
		return { status, bytes: bytes.length, text: response.ok ? decode(bytes) : undefined };
	} catch {
		return { status, bytes: 0, text: undefined };
	}
}

// The decoders remove the byte order mark that they are chosen by.
function decode(body: Uint8Array): string {
	const mark = body.length < 2 ? 0 : ((body[0] as number) << 8) | (body[1] as number);
	return new TextDecoder(mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8").decode(body);
}
