// @ts-check
// A player of the relay game in a page. Each player sends its place when it moves, and once a second; the relay forwards the document to all
// others. A player of whom nothing is heard for five seconds has left.

const LEFT_AFTER_MS = 5000;
const STEPS = new Map([
	["ArrowLeft", [-10, 0]],
	["ArrowRight", [10, 0]],
	["ArrowUp", [0, -10]],
	["ArrowDown", [0, 10]],
]);

const field = /** @type {HTMLElement} */ (document.querySelector("#field"));
const state = /** @type {HTMLElement} */ (document.querySelector("#state"));
const me = {
	id: `page${Math.floor(Math.random() * 1e6)}`,
	x: 320,
	y: 180,
	colour: ["3366cc", "dc3912", "109618", "990099"][Math.floor(Math.random() * 4)] ?? "3366cc",
};
/** @type {Map<string, { mark: HTMLElement, heardAt: number }>} */
const players = new Map();
/** @type {WebSocket | undefined} */
let socket;

/** @param {string} id @param {number} x @param {number} y @param {string} colour */
function show(id, x, y, colour) {
	let player = players.get(id);
	if (!player) {
		const mark = document.createElement("div");
		mark.className = "player";
		mark.title = id;
		field.append(mark);
		player = { mark, heardAt: 0 };
		players.set(id, player);
	}
	player.heardAt = performance.now();
	Object.assign(player.mark.style, { left: `${x}px`, top: `${y}px`, background: `#${colour}` });
	state.textContent = `${players.size} in the game`;
}

function tell() {
	show(me.id, me.x, me.y, me.colour);
	// The values are this page's own: numbers, and letters that need no escape.
	if (socket?.readyState === WebSocket.OPEN)
		socket.send(`<at id="${me.id}" x="${me.x}" y="${me.y}" c="${me.colour}"/>`);
}

/** @param {string} text */
function receive(text) {
	const at = new DOMParser().parseFromString(text, "text/xml").documentElement;
	const [id, x, y, colour] = ["id", "x", "y", "c"].map((name) => at.getAttribute(name) ?? "");
	// Anybody can send anything: what is not a place is passed over.
	if (at.nodeName !== "at" || !id || id.length > 32 || players.size > 100) return;
	if (!/^\d{1,3}$/.test(x ?? "") || !/^\d{1,3}$/.test(y ?? "") || !/^[\da-f]{6}$/.test(colour ?? "")) return;
	show(id, Number(x), Number(y), colour ?? "");
}

function connect() {
	// Relative to the page, so that it works below a path too.
	const address = new URL("socket?frames=text", location.href);
	address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
	socket = new WebSocket(address);
	socket.onopen = tell;
	socket.onmessage = ({ data }) => receive(data);
	socket.onclose = () => {
		state.textContent = "Disconnected. Trying again…";
		setTimeout(connect, 1000);
	};
}

/** @param {number} x @param {number} y */
function move(x, y) {
	me.x = Math.round(Math.min(640, Math.max(0, x)));
	me.y = Math.round(Math.min(360, Math.max(0, y)));
	tell();
}

field.addEventListener("pointermove", (event) => {
	const { left, top } = field.getBoundingClientRect();
	move(event.clientX - left, event.clientY - top);
});
addEventListener("keydown", ({ key }) => {
	const step = STEPS.get(key);
	if (step) move(me.x + (step[0] ?? 0), me.y + (step[1] ?? 0));
});
setInterval(() => {
	tell();
	for (const [id, { mark, heardAt }] of players) {
		if (performance.now() - heardAt < LEFT_AFTER_MS) continue;
		mark.remove();
		players.delete(id);
	}
}, 1000);
connect();
