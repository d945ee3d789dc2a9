// One daemon of a cluster, in a process of its own: `node server.js NATS-URL`; without a URL, it runs alone. It reports its port,
// and its CPU time on request.

import { Broker, NatsBus } from "../../dist/cluster/nats/index.js";
import { createChat, createServer } from "../../dist/server/index.js";

const [url] = process.argv.slice(2);
const bus = url && (await NatsBus.open(await Broker.connect({ servers: [url] })));
const server = await createServer({
	port: 0,
	host: "127.0.0.1",
	documentsPerSecond: 1_000_000,
	documentBurst: 1_000_000,
	maxOutboxBytes: 64 << 20,
	softOutboxBytes: 64 << 20,
	maxConnections: 20_000,
	application: createChat({ rooms: ["r:live"] }, bus ? { bus } : {}),
}).listen();
process.on("message", () => process.send({ cpu: process.cpuUsage() }));
process.on("disconnect", () => process.exit(0));
process.send({ port: server.port });
