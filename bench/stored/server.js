// One daemon of the benchmark of stored rooms, in a process of its own: `node server.js FOLDER`, with the folder of a built checkout. It
// sends its port, and its CPU time whenever it is asked.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder] = process.argv.slice(2);
const build = await import(pathToFileURL(join(folder, "dist/server/index.js")).href);
// Older builds have other names.
const createChat = build.createChat ?? build.chat;
const server = await build
	.createServer({
		port: 0,
		host: "127.0.0.1",
		documentsPerSecond: 1_000_000,
		documentBurst: 1_000_000,
		application: createChat({ rooms: ["stored:stored", "live:live"], history: 0 }),
	})
	.listen();
process.on("message", () => process.send({ cpu: process.cpuUsage() }));
process.on("disconnect", () => process.exit(0));
process.send({ port: server.port });
