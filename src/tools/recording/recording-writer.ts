// Writes a recording to a file beside running traffic. The traffic never waits for the disk: events wait in a bounded queue, and where that is full,
// they are left out and counted, in the file too. It writes whole lines, so a killed process leaves a file that can be read.

import { type FileHandle, open } from "node:fs/promises";
import { XMLSocketError } from "../../errors/index.ts";
import { textCodec } from "../../transport/index.ts";
import {
	type CaptureInfo,
	type ExactDecode,
	exactDecode,
	type RecordingGap,
	recordingHeader,
	recordingLine,
	type TrafficEvent,
} from "../traffic/index.ts";

/** Options of {@link openRecordingWriter}. */
export interface RecordingWriterOptions {
	/** Whether a file that exists is replaced. @default false */
	readonly overwrite?: boolean;
	/** Bytes that can wait for the disk. @default 16777216 */
	readonly maxQueuedBytes?: number;
	/** Called once, when the file cannot be written any more: XMLSOCKET_RECORDING_FAILED. What comes after is counted in `notRecorded`. */
	readonly onError?: (error: XMLSocketError) => void;
}

// So much is written with one call.
const BATCH_BYTES = 256 * 1024;

/**
 * Creates a recording. Only the user can read the file, because recordings hold what people sent.
 *
 * @throws XMLSOCKET_RECORDING_EXISTS where the file exists and `overwrite` is not set; XMLSOCKET_RECORDING_FAILED where it cannot be created.
 */
export async function openRecordingWriter(
	path: string,
	info: CaptureInfo,
	options: RecordingWriterOptions = {},
): Promise<RecordingWriter> {
	const decode = exactDecode(textCodec(info.encoding));
	let file: FileHandle;
	try {
		file = await open(path, options.overwrite ? "w" : "wx", 0o600);
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "EEXIST")
			throw new XMLSocketError("XMLSOCKET_RECORDING_EXISTS", `The file ${path} exists.`, { cause, details: { path } });
		throw failed(path, cause);
	}
	return new RecordingWriter(file, path, recordingHeader(info), decode, options);
}

/** A recording that is being written, see {@link openRecordingWriter}. */
export class RecordingWriter {
	/** Events that are in the file. */
	recorded = 0;
	/** Events that were left out, because the disk was too slow or has failed. */
	notRecorded = 0;
	readonly #file: FileHandle;
	readonly #path: string;
	readonly #decode: ExactDecode;
	readonly #limit: number;
	readonly #onError: ((error: XMLSocketError) => void) | undefined;
	/** Lines that wait, with their line breaks. */
	#queue: QueuedLine[];
	#queuedBytes: number;
	#lastTime = 0;
	#gap: { events: number; bytes: number } | undefined;
	#writing: Promise<void> | undefined;
	#failed = false;
	#closed: Promise<void> | undefined;

	/** @internal Use {@link openRecordingWriter}. */
	constructor(file: FileHandle, path: string, header: string, decode: ExactDecode, options: RecordingWriterOptions) {
		this.#file = file;
		this.#path = path;
		this.#decode = decode;
		this.#limit = options.maxQueuedBytes ?? 16 * 1024 * 1024;
		this.#onError = options.onError;
		const bytes = Buffer.from(`${header}\n`);
		this.#queue = [{ bytes, events: 0 }];
		this.#queuedBytes = bytes.length;
		this.#start();
	}

	/**
	 * Records an event. It copies what it needs, and never waits.
	 *
	 * @returns false while more than half of the queue is in use, or the event was left out: a caller that can slow its source down should.
	 */
	write(event: TrafficEvent): boolean {
		if (this.#failed || this.#closed !== undefined) {
			this.notRecorded++;
			return true;
		}
		const size = "bytes" in event ? event.bytes.length : 0;
		this.#lastTime = event.time;
		// A gap ends where half of the queue is free again, so that the file does not alternate between events and gaps.
		const limit = this.#gap === undefined ? this.#limit : this.#limit / 2;
		if (this.#queuedBytes > 0 && this.#queuedBytes + size > limit) {
			this.#gap ??= { events: 0, bytes: 0 };
			this.#gap.events++;
			this.#gap.bytes += size;
			this.notRecorded++;
			return false;
		}
		this.#endGap();
		this.#add(recordingLine(event, this.#decode), 1);
		return this.#queuedBytes <= this.#limit / 2;
	}

	/** Writes what waits, and closes the file. It never rejects: `onError` gets what goes wrong. */
	close(): Promise<void> {
		this.#closed ??= this.#finish();
		return this.#closed;
	}

	async #finish(): Promise<void> {
		this.#endGap();
		await this.#writing;
		try {
			if (!this.#failed) await this.#file.datasync().catch(ignoreUnsupported);
			await this.#file.close();
		} catch (error) {
			this.#fail(error);
		}
	}

	#endGap(): void {
		if (this.#gap === undefined) return;
		const gap: RecordingGap = { kind: "gap", ...this.#gap, time: this.#lastTime };
		this.#gap = undefined;
		this.#add(recordingLine(gap, this.#decode), 0);
	}

	#add(line: string, events: number): void {
		const bytes = Buffer.from(`${line}\n`);
		this.#queue.push({ bytes, events });
		this.#queuedBytes += bytes.length;
		this.#start();
	}

	#start(): void {
		this.#writing ??= this.#writeAll().finally(() => {
			this.#writing = undefined;
		});
	}

	async #writeAll(): Promise<void> {
		// The events of one turn of the event loop are written together.
		await Promise.resolve();
		while (this.#queue.length > 0 && !this.#failed) {
			let count = 0;
			let size = 0;
			for (let next = this.#queue[0]; next !== undefined && size < BATCH_BYTES; next = this.#queue[++count])
				size += next.bytes.length;
			const batch = this.#queue.splice(0, count);
			const events = batch.reduce((sum, line) => sum + line.events, 0);
			try {
				await this.#file.appendFile(Buffer.concat(batch.map(({ bytes }) => bytes)));
				this.recorded += events;
			} catch (error) {
				this.notRecorded += events;
				this.#fail(error);
			}
			this.#queuedBytes -= size;
		}
	}

	#fail(cause: unknown): void {
		if (this.#failed) return;
		this.#failed = true;
		for (const { events } of this.#queue) this.notRecorded += events;
		this.#queue = [];
		this.#onError?.(failed(this.#path, cause));
	}
}

interface QueuedLine {
	readonly bytes: Buffer;
	/** 1 for an event, 0 for the header and for a gap. */
	readonly events: number;
}

function failed(path: string, cause: unknown): XMLSocketError {
	const { code, message } = cause as NodeJS.ErrnoException;
	const words = WORDS.get(code ?? "") ?? message;
	return new XMLSocketError("XMLSOCKET_RECORDING_FAILED", `The recording ${path} cannot be written: ${words}.`, {
		cause,
		details: { path, ...(code !== undefined && { errno: code }) },
	});
}

const WORDS: ReadonlyMap<string, string> = new Map([
	["ENOSPC", "the disk is full"],
	["EDQUOT", "the user's share of the disk is used up"],
	["EFBIG", "the file is too large for its file system"],
	["ENOENT", "its folder does not exist"],
	["EACCES", "permission denied"],
	["EROFS", "the file system is read-only"],
	["EISDIR", "it is a folder"],
]);

// A device or a pipe has nothing to synchronise.
function ignoreUnsupported(error: NodeJS.ErrnoException): void {
	if (error.code !== "EINVAL" && error.code !== "ENOTSUP") throw error;
}
