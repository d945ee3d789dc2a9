// @ts-check
// The chat in the page, without a library: a WebSocket whose messages are XML documents. docs/chat.md lists them.

const list = /** @type {HTMLElement} */ (document.querySelector("#messages"));
const form = /** @type {HTMLFormElement} */ (document.querySelector("#composer"));
const input = /** @type {HTMLInputElement} */ (document.querySelector("#text"));
const socket = new WebSocket(`${location.origin.replace("http", "ws")}/socket?frames=text`);

/** @param {string} text */
function show(text) {
	list.append(Object.assign(document.createElement("li"), { textContent: text }));
}

/** An element whose attributes and text are escaped by the browser. @param {string} name @param {Record<string, string>} attributes */
function send(name, attributes, text = "") {
	const element = document.implementation.createDocument(null, name).documentElement;
	for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
	element.textContent = text;
	socket.send(new XMLSerializer().serializeToString(element));
}

socket.onopen = () => {
	// The cookie of the site says who this is.
	send("hello", {});
	send("join", { room: "lobby" });
};
socket.onmessage = ({ data }) => {
	const root = new DOMParser().parseFromString(data, "text/xml").documentElement;
	if (root.nodeName === "said") show(`${root.getAttribute("from")}: ${root.textContent}`);
	else if (root.nodeName === "welcome") show(`You are ${root.getAttribute("name")}.`);
	else if (root.nodeName === "ping") send("pong", { id: root.getAttribute("id") ?? "" });
	else if (root.nodeName === "error") show(root.textContent ?? "");
};
socket.onclose = () => show("The connection is closed.");
form.onsubmit = (event) => {
	event.preventDefault();
	if (input.value !== "") send("say", { room: "lobby" }, input.value);
	input.value = "";
};
