// Preloaded into a daemon (`node --import`): at SIGUSR2 it collects garbage and prints what is left as one line on standard error.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

process.on("SIGUSR2", async () => {
	// What a first pass frees may hold on to more until its finalizers have run.
	for (let pass = 0; pass < 3; pass++) {
		gc();
		await new Promise((resolve) => setImmediate(resolve));
	}
	const { heapUsed, external } = process.memoryUsage();
	const resources = process.getActiveResourcesInfo().length;
	process.stderr.write(`live objects: ${JSON.stringify({ bytes: heapUsed + external, resources })}\n`);
});
