// @ts-check
// The live page: a row for each device, from the documents of the monitor.

const rows = /** @type {HTMLElement} */ (document.querySelector("#devices"));
const state = /** @type {HTMLElement} */ (document.querySelector("#state"));

/** @param {string} text */
function show(text) {
	const device = new DOMParser().parseFromString(text, "text/xml").documentElement;
	const given = (/** @type {string} */ name) => device.getAttribute(name) ?? "";
	const name = given("name");
	let row = [...rows.children].find((one) => one.firstElementChild?.textContent === name);
	if (!row) {
		row = document.createElement("tr");
		rows.append(row);
	}
	row.replaceChildren(
		...[name, `${given("value")} ${given("unit")}`, given("state")].map((cell) =>
			Object.assign(document.createElement("td"), { textContent: cell }),
		),
	);
	row.setAttribute("data-state", given("state"));
}

function connect() {
	// Relative to the page, so that it works below a path too.
	const address = new URL("socket?frames=text", location.href);
	address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
	const socket = new WebSocket(address);
	socket.onopen = () => {
		state.textContent = "Live";
	};
	socket.onmessage = ({ data }) => show(data);
	socket.onclose = () => {
		state.textContent = "Disconnected. Trying again…";
		setTimeout(connect, 1000);
	};
}
connect();
