// @ts-check
// A monitor for devices that report over TCP: a sensor, a meter, a machine. Each sends XML documents with a zero byte at the end, such as
// <reading device="boiler" value="61.5" unit="°C"/>. The same port has a live page for browsers.
//
//   node examples/device-monitor/monitor.mjs            port 9100, with three simulated devices
//   node examples/device-monitor/monitor.mjs 9100 0     without them

import { fileURLToPath } from "node:url";
import { xml } from "xmlsocket";
import { createServer } from "xmlsocket/server";
import { attribute } from "xmlsocket/xml";
import { startDevice } from "./device.mjs";

const [port = "9100", simulated = "3"] = process.argv.slice(2);
const MAX_DEVICES = 1000;
const SILENT_AFTER_MS = 5000;

/** @typedef {{ name: string, value: string, unit: string, state: "online" | "silent" | "offline", heardAt: number }} Device */
/** The last reading of each device. @type {Map<string, Device>} */
const devices = new Map();

const server = createServer({ port: Number(port), pageFolder: fileURLToPath(new URL("page/", import.meta.url)) });
server.on("connection", (connection) => {
	// Pages watch. Devices use TCP, and can be told apart by that.
	if (connection.transport === "websocket") {
		connection.join("watchers");
		for (const device of devices.values()) connection.send(documentOf(device));
		return;
	}
	/** The devices that report over this connection. @type {Set<Device>} */
	const own = new Set();
	connection.on("document", (document) => {
		const root = document.root;
		const name = root && attribute(root, "device");
		if (root?.nodeName !== "reading" || !name || name.length > 64) {
			connection.send(xml`<error>Send reading elements with a device of 1 to 64 characters.</error>`);
			return;
		}
		const device = devices.get(name) ?? { name, value: "", unit: "", state: "offline", heardAt: 0 };
		if (!devices.has(name) && devices.size >= MAX_DEVICES) return;
		devices.set(name, device);
		own.add(device);
		const [value, unit] = [attribute(root, "value") ?? "", attribute(root, "unit") ?? ""];
		Object.assign(device, { value: value.slice(0, 32), unit: unit.slice(0, 8), heardAt: performance.now() });
		report(device, "online");
	});
	connection.on("close", () => {
		for (const device of own) report(device, "offline");
	});
});

/** Tells the pages, and prints what has changed. @param {Device} device @param {Device["state"]} state */
function report(device, state) {
	if (device.state !== state) console.log(`${new Date().toISOString()} ${device.name} is ${state}`);
	device.state = state;
	server.to("watchers").send(documentOf(device));
}

/** @param {Device} device */
function documentOf({ name, value, unit, state }) {
	return xml`<device name=${name} value=${value} unit=${unit} state=${state}/>`;
}

const timer = setInterval(() => {
	for (const device of devices.values()) {
		if (device.state === "online" && performance.now() - device.heardAt > SILENT_AFTER_MS) report(device, "silent");
	}
}, 1000);

await server.listen();
console.log(`Devices: localhost:${server.port}   Page: http://localhost:${server.port}/`);
const names = ["boiler", "pump", "greenhouse"].slice(0, Number(simulated));
const stops = await Promise.all(names.map((name) => startDevice(`localhost:${server.port}`, name)));

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
	process.once(signal, async () => {
		clearInterval(timer);
		for (const stop of stops) stop();
		await server.close({ graceMs: 1000 });
	});
}
