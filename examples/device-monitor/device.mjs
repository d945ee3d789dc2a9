// @ts-check
// A simulated device: it reports a temperature every second, and reconnects when the monitor is away.

import { connect, xml } from "xmlsocket";

/** @param {string} address @param {string} name @returns a function that ends it. */
export async function startDevice(address, name) {
	const connection = await connect(address, { reconnect: true });
	let value = 20 + Math.random() * 40;
	const report = () => {
		value += Math.random() - 0.5;
		// A monitor that is away gets the next reading, not all that it has missed.
		if (connection.state === "connected")
			connection.send(xml`<reading device=${name} value=${value.toFixed(1)} unit="°C"/>`);
	};
	report();
	const timer = setInterval(report, 1000);
	return () => {
		clearInterval(timer);
		void connection.close();
	};
}
