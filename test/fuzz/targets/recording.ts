// Files that are read as recordings: any bytes give events or an error with a code and, inside, a line. What was read, written again, is read the same.

import {
	exactDecode,
	readRecording,
	recordingHeader,
	recordingLine,
	type TrafficEvent,
} from "../../../src/tools/index.ts";
import { utf8Codec } from "../../../src/wire/index.ts";
import type { Random } from "../../xml/random-documents.ts";
import { bytesOf, holds, same, type Target } from "../target.ts";

const CODES = ["XMLSOCKET_RECORDING_INVALID", "XMLSOCKET_RECORDING_TOO_NEW"];
const decode = exactDecode(utf8Codec());

async function* piecesOf(bytes: Uint8Array, random: Random): AsyncGenerator<Uint8Array> {
	for (let at = 0; at < bytes.length; ) {
		const end = at + 1 + random.below(200);
		yield bytes.subarray(at, end);
		at = end;
	}
}

async function run(input: Uint8Array, random: Random): Promise<void> {
	const events: TrafficEvent[] = [];
	let header: string;
	try {
		const recording = await readRecording(piecesOf(input, random));
		for await (const event of recording) events.push(event);
		header = recordingHeader(recording.info);
		holds(
			"a file that ends with a whole line is cut off",
			!(recording.cutOff && recording.format === "recording" && input.at(-1) === 10),
		);
	} catch (error) {
		const { code, message } = error as { code?: string; message: string };
		if (!CODES.includes(code ?? "")) throw error;
		// biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be in a message
		holds(`a control character in ${JSON.stringify(message)}`, !/[\0-\x09\x0b-\x1f\x7f]/.test(message));
		return;
	}
	let time = 0;
	for (const event of events) {
		holds("time falls", event.time >= time);
		time = event.time;
	}
	const lines = [header, ...events.map((event) => recordingLine(event, decode)), ""].join("\n");
	const again: TrafficEvent[] = [];
	for await (const event of await readRecording(piecesOf(new TextEncoder().encode(lines), random))) again.push(event);
	const plain = (list: readonly TrafficEvent[]): unknown =>
		list
			.map((event) => ("bytes" in event ? { ...event, bytes: [...event.bytes] } : event))
			.map((event) => Object.entries(event).sort());
	same("events that were written and read again", plain(again), plain(events));
}

function generate(random: Random): Uint8Array {
	const kinds = ["document", "policy", "open", "close", "error", "gap", "new"];
	const values = [
		"1",
		"0",
		"7",
		'"client"',
		'"server"',
		'"a"',
		'""',
		'"\\u0000"',
		"null",
		"true",
		"-1",
		"1.5",
		'"AAA="',
		'"part"',
		"[]",
	];
	const fields = [
		"time",
		"connection",
		"direction",
		"text",
		"base64",
		"ending",
		"reason",
		"code",
		"message",
		"masked",
		"changed",
		"from",
		"to",
		"bytes",
	];
	const lines = ['{"recording":1,"terminator":"00"}'];
	for (let count = random.below(5); count > 0; count--) {
		const pairs = ['"time":1', '"connection":1', '"direction":"client"', '"text":"x"', '"code":"a"', '"message":"b"'];
		for (let more = random.below(3); more > 0; more--)
			pairs.push(`"${fields[random.below(fields.length)]}":${values[random.below(values.length)]}`);
		lines.push(`{"kind":"${kinds[random.below(kinds.length)]}",${pairs.join(",")}}`);
	}
	return bytesOf(lines.join("\n"));
}

/** The target. */
export const open = (): Target => ({
	run,
	generate,
	atOnce: 8,
	tokens: [
		'{"recording":1}\n',
		'{"recording":2}\n',
		'"kind":"document"',
		'"text":"',
		'"base64":"AA=="',
		"\n",
		"\r\n",
		"var VNC_frame_data = [\n",
		"var VNC_frame_encoding = 'base64';\n",
		"'{1{",
		"'}2}",
		"',\n",
		"\\x00",
		"\\'",
		"'EOF'];\n",
		"\xef\xbb\xbf",
		"\x1f\x8b",
		"\\u0000",
	],
});
