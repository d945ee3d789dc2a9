// Splits an XMPP stream into stanzas, compared with @xmpp/xml, the parser of @xmpp/client. Both get the same bytes in the same chunks
// and take turns, in rounds. The result is the ratio of their CPU times in a round, as a median with its spread. First it checks and
// prints whether the peer's trees equal ours.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const ROUNDS = Math.max(5, Number(process.env.BENCH_ROUNDS ?? 9));
const SLICE_MS = Number(process.env.BENCH_SLICE_MS ?? 150);
const CHUNK_BYTES = Number(process.env.BENCH_CHUNK_BYTES ?? 16_384);
const STANZAS = 2000;

if (!existsSync(join(here, "../../dist/wire/index.js"))) {
	console.error("Build the package first: npm run build");
	process.exit(1);
}
if (!existsSync(join(here, "../node_modules/@xmpp/xml"))) {
	console.error("The parser to compare with is not installed. To install it: npm install --prefix bench");
	process.exit(1);
}
const { default: Parser } = await import("@xmpp/xml/lib/Parser.js");
const { StreamDecoder } = await import("../../dist/wire/index.js");
const { attributes, XML } = await import("../../dist/xml/index.js");
const { nodeUtf8 } = await import("../../dist/transport/index.js");

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const HEADER =
	"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='localhost' version='1.0'>";

/** @type {Record<string, (at: number) => string>} */
const kinds = {
	"chat messages": (at) =>
		`<message to='ann@example.org/desk' from='bob@example.org/phone' type='chat' id='m${at}'><body>Message number ${at}: shall we meet at the usual place?</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
	"chat messages beyond ASCII": (at) =>
		`<message to='ann@example.org/desk' from='bob@example.org/phone' type='chat' id='m${at}'><body>Nachricht ${at}: gr\u00fc\u00dfe \u4f60\u597d \u{1f600} &amp; bis sp\u00e4ter</body></message>`,
	presences: (at) =>
		`<presence from='user${at}@example.org/desk' to='ann@example.org'><show>away</show><priority>5</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://example.org' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>`,
	"a mix, with rosters": (at) =>
		at % 20 === 0
			? `<iq type='result' id='r${at}'><query xmlns='jabber:iq:roster'>${Array.from({ length: 30 }, (_, contact) => `<item jid='contact${contact}@example.org' name='Contact ${contact}' subscription='both'><group>Friends</group></item>`).join("")}</query></iq>`
			: at % 3 === 0
				? kinds.presences(at)
				: kinds["chat messages"](at),
};

function chunksOf(text) {
	const bytes = Buffer.from(text);
	const chunks = [];
	for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(Buffer.from(bytes.subarray(at, at + CHUNK_BYTES)));
	return chunks;
}

const look = (text) => text.length + text.charCodeAt(text.length >> 1);

function readOurs(node) {
	if (node.nodeType !== 1) return look(node.nodeValue);
	let sum = look(node.nodeName);
	for (const [key, value] of attributes(node)) sum += look(key) + look(value);
	for (let child = node.firstChild; child !== null; child = child.nextSibling) sum += readOurs(child);
	return sum;
}

function readTheirs(node) {
	if (typeof node === "string") return look(node);
	let sum = look(node.name);
	for (const key in node.attrs) sum += look(key) + look(node.attrs[key]);
	for (const child of node.children) sum += readTheirs(child);
	return sum;
}

function decodeOurs(chunks, each) {
	const decoder = new StreamDecoder({ codec: nodeUtf8, maxDocumentBytes: 1 << 20, maxUnprocessedChars: 1 << 20 });
	let count = 0;
	for (const chunk of chunks) {
		const fragments = [];
		const error = decoder.push(chunk, 0, fragments);
		if (error) throw error;
		for (const fragment of fragments) each(fragment);
		count += fragments.length;
	}
	return count - 1; // the header
}

function decodeTheirs(chunks, each) {
	const parser = new Parser();
	let count = 0;
	parser.on("error", (error) => {
		throw error;
	});
	parser.on("element", (element) => {
		count++;
		each(element);
	});
	for (const chunk of chunks) parser.write(chunk.toString("utf8"));
	return count;
}

let sink = 0;
const contenders = {
	lazy: {
		name: "xmlsocket, lazily: the stanza's text",
		run: (chunks) => decodeOurs(chunks, (text) => (sink += text.length)),
	},
	tree: {
		name: "xmlsocket, with a tree",
		run: (chunks) => decodeOurs(chunks, (text) => (sink += new XML(text).status)),
	},
	read: {
		name: "xmlsocket, a tree and all of it read",
		run: (chunks) =>
			decodeOurs(chunks, (text) => {
				const root = new XML(text).firstChild;
				sink += root.nodeName === "stream:stream" ? 0 : readOurs(root);
			}),
	},
	peer: {
		name: "@xmpp/xml, a tree",
		run: (chunks) => decodeTheirs(chunks, (element) => (sink += element.children.length)),
	},
	peerRead: {
		name: "@xmpp/xml, a tree and all of it read",
		run: (chunks) => decodeTheirs(chunks, (element) => (sink += readTheirs(element))),
	},
};
const order = ["lazy", "peer", "tree", "peerRead", "read"];

/** Microseconds of CPU time per stanza. */
function measure(run, chunks, milliseconds) {
	const { user, system } = process.cpuUsage();
	const end = performance.now() + milliseconds;
	let stanzas = 0;
	do stanzas += run(chunks);
	while (performance.now() < end);
	const used = process.cpuUsage({ user, system });
	return (used.user + used.system) / stanzas;
}

/** Adjoining texts as one: how they are cut is a matter of taste. */
function normal([name, attrs, children]) {
	const joined = [];
	for (const child of children) {
		const node = typeof child === "string" ? child : normal(child);
		if (typeof node === "string" && typeof joined.at(-1) === "string") joined[joined.length - 1] += node;
		else joined.push(node);
	}
	return [name, attrs, joined];
}
const plainOurs = (node) =>
	node.nodeType === 1
		? [node.nodeName, Object.fromEntries(attributes(node)), node.childNodes.map(plainOurs)]
		: node.nodeValue;
const plainTheirs = (node) =>
	typeof node === "string" ? node : [node.name, { ...node.attrs }, node.children.map(plainTheirs)];

function compareTrees(chunks) {
	const ours = [];
	const theirs = [];
	decodeOurs(chunks, (text) => ours.push(text));
	decodeTheirs(chunks, (element) => theirs.push(JSON.stringify(normal(plainTheirs(element)))));
	const trees = ours.slice(1).map((text) => JSON.stringify(normal(plainOurs(new XML(text).firstChild))));
	const different = trees.filter((tree, at) => tree !== theirs[at]).length;
	return trees.length === theirs.length && different === 0
		? `the same ${trees.length} trees`
		: `${different} of ${trees.length} trees differ`;
}

function ratio(times, peer, own) {
	const each = times[peer].map((time, round) => time / times[own][round]);
	return `${median(each).toFixed(2)}× (${Math.min(...each).toFixed(2)}–${Math.max(...each).toFixed(2)})`;
}

console.log(
	`Node ${process.version}, ${ROUNDS} rounds, chunks of ${CHUNK_BYTES} bytes; a ratio is how many times our CPU time the peer takes.`,
);
const goals = [];
for (const [title, make] of Object.entries(kinds)) {
	const stream = HEADER + Array.from({ length: STANZAS }, (_, at) => make(at)).join("");
	const chunks = chunksOf(stream);
	for (const key of order) measure(contenders[key].run, chunks, SLICE_MS * 2);
	const times = Object.fromEntries(order.map((key) => [key, []]));
	for (let round = 0; round < ROUNDS; round++) {
		// Every other round backwards, so that nobody always runs behind the same neighbour.
		for (const key of round % 2 === 0 ? order : [...order].reverse()) {
			times[key].push(measure(contenders[key].run, chunks, SLICE_MS));
		}
	}
	console.log(`\n${title} (${Math.round(stream.length / STANZAS)} characters each; ${compareTrees(chunks)})`);
	for (const key of order) {
		const rate = `${(1000 / median(times[key])).toFixed(0)} k/s`;
		console.log(
			`  ${contenders[key].name.padEnd(40)} ${`${median(times[key]).toFixed(2)} µs`.padStart(10)} ${rate.padStart(10)}`,
		);
	}
	const tree = ratio(times, "peer", "tree");
	const lazy = ratio(times, "peer", "lazy");
	console.log(`  with a tree ${tree}, lazily ${lazy}, all read ${ratio(times, "peerRead", "read")}`);
	goals.push([title, Number.parseFloat(tree), Number.parseFloat(lazy)]);
}

const cdata = `${HEADER}<message><body>before <![CDATA[<inside>]]> behind</body></message>`;
decodeOurs(chunksOf(cdata), (text) => {
	const root = new XML(text).firstChild;
	if (root.nodeName === "message") {
		console.log(
			`\ntext around CDATA, ours:      ${JSON.stringify(root.firstChild.childNodes.map((one) => one.nodeValue).join(""))}`,
		);
	}
});
decodeTheirs(chunksOf(cdata), (element) => {
	console.log(`text around CDATA, @xmpp/xml: ${JSON.stringify(element.getChildText("body"))}`);
});

console.log("\ngoals: 1.8× with a tree, 2.4× lazily");
for (const [title, tree, lazy] of goals) {
	console.log(
		`  ${title.padEnd(28)} ${tree >= 1.8 ? "reached" : "not reached"}, ${lazy >= 2.4 ? "reached" : "not reached"}`,
	);
}
if (sink === Number.NEGATIVE_INFINITY) console.log(sink);
