// The four texts that the parsers are compared on. They are generated, always the same, and of the kinds that travel over
// XMLSocket connections: a chat message, the state of a game, a large document, and running text with references.

const WORDS =
	"hello there how are you all fine thanks did anyone see the new map it is great shall we play a round".split(" ");

function words(count, from) {
	let text = "";
	for (let at = 0; at < count; at++) text += (at === 0 ? "" : " ") + WORDS[(from * 7 + at * 3) % WORDS.length];
	return text;
}

// 113 bytes: what the daemon sends to everyone in a room.
const chat =
	'<said room="lobby" seq="18431" prev="18430" from="ann" id="c7">hello there, how are you all? fine, thanks!</said>';

function state() {
	let text = '<state room="arena" tick="18232">';
	for (let at = 0; at < 39; at++)
		text += `<p n="u${at}" x="${(at * 137) % 800}" y="${(at * 91) % 600}" hp="${(at * 13) % 100}" dir="${at % 8}"/>`;
	return `${text}</state>`;
}

function large() {
	let text = "<catalog>";
	for (let at = 0; text.length < 1_000_000; at++) {
		text +=
			`\n  <item number="${at}" kind="${WORDS[at % WORDS.length]}" price="${(at * 37) % 1000}.50">` +
			`\n    <title>${words(4, at)}</title>` +
			`\n    <author>${words(2, at + 3)}</author>` +
			`\n    <note lang="en">${words(12, at)} &amp; ${words(5, at + 1)}</note>` +
			`\n  </item>`;
	}
	return `${text}\n</catalog>`;
}

function text() {
	let inner = "";
	for (let at = 0; inner.length < 100_000; at++) {
		inner += `<p>${words(60, at)} &lt;${words(8, at)}&gt; ${words(60, at + 1)} &amp; ${words(40, at + 2)} &#8212; ${words(30, at)}</p>`;
		inner += `<p><![CDATA[${words(50, at)} if (a < b && c > d) ${words(50, at + 5)}]]></p>`;
	}
	return `<text>${inner}</text>`;
}

export const fixtures = [
	{ name: "chat", source: chat },
	{ name: "state", source: state() },
	{ name: "large", source: large() },
	{ name: "text", source: text() },
];
