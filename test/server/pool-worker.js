// A worker for the tests of the pool: a port with an application that answers with its number, or an early end.

import { joinPrimary } from "../../dist/server/workers/join-primary.js";

const primary = await joinPrimary({ ended: () => process.exit(1), report: (error) => console.error(error) });
const { mode } = /** @type {{ mode: string }} */ (primary.data);

if (mode === "exit") process.exit(7);
if (mode === "fail") {
	await primary.failed(new Error("the worker has no luck"));
	process.exit(1);
}
let connections = 0;
const listener = await primary.shared.listen({ port: 0, host: "localhost" }, (socket) => {
	connections++;
	socket.on("close", () => connections--);
	socket.on("error", () => {});
	socket.write(`${primary.number} ${process.pid}`);
	socket.on("data", (data) => {
		if (String(data) === "crash") setImmediate(() => process.exit(7));
	});
});
primary.ready(
	{ port: listener.port, addresses: listener.addresses },
	{
		connections: () => connections,
		metrics: async () => `[{"name":"worker_${primary.number}"}]`,
		reload: () => {},
		stop: () => process.exit(0),
	},
);
if (mode === "short") setTimeout(() => process.exit(7), 20);
