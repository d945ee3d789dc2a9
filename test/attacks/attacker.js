// The attacker's process: told which attack, runs it for its time, and reports what it did and what it found.

import { ATTACKS } from "./attacks.js";
import { Attacker } from "./toolkit.js";

process.on("disconnect", () => process.exit(0));
process.on("message", async (/** @type {any} */ order) => {
	const attack = ATTACKS.find(({ name }) => name === order.name);
	if (!attack) return process.send?.({ error: `there is no attack "${order.name}"` });
	const attacker = new Attacker({ ...order, from: attack.from ?? "loopback" });
	try {
		await Promise.race([attack.run(attacker), attacker.overtime()]);
		attacker.close();
		process.send?.({ value: attacker.report() });
	} catch (error) {
		process.send?.({ error: /** @type {Error} */ (error).stack });
	}
});
