import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type SharedPort, SharedPorts, type SocketTaker } from "../../src/server/workers/shared-ports.ts";

const OPTIONS = { port: 0, host: "127.0.0.1" };

describe("the ports of a daemon with workers", () => {
	const clients: Socket[] = [];
	let ports: SharedPorts;
	const dial = async ({ port }: SharedPort): Promise<Socket> => {
		const socket = connect({ port, host: "127.0.0.1" });
		clients.push(socket);
		socket.on("error", () => {});
		await once(socket, "connect");
		return socket;
	};
	afterEach(async () => {
		for (const socket of clients.splice(0)) socket.destroy();
		await ports.close();
	});

	it("are opened once, and stay the same for every worker that asks", async () => {
		ports = new SharedPorts(() => []);
		const [one, two] = await Promise.all([ports.open(OPTIONS), ports.open(OPTIONS)]);
		expect(two).toBe(one);
		const policy = await ports.open({ ...OPTIONS, portOption: "--policy-port" });
		expect(policy.port).not.toBe(one.port);
	});

	it("report why one cannot be opened, and open it when it is asked for again", async () => {
		const other = new SharedPorts(() => []);
		const taken = await other.open(OPTIONS);
		ports = new SharedPorts(() => []);
		const same = { ...OPTIONS, port: taken.port };
		await expect(ports.open(same)).rejects.toMatchObject({ code: "XMLSOCKET_PORT_IN_USE" });
		await other.close();
		await expect
			.poll(() =>
				ports.open(same).then(
					({ port }) => port,
					() => 0,
				),
			)
			.toBe(taken.port);
	});

	it("keep 1,024 clients for a worker that comes, in the order in which they came, and close the next ones", async () => {
		const received: Socket[] = [];
		let isReady = false;
		const worker: SocketTaker = {
			connections: 0,
			takes: () => isReady,
			take: (_, socket) => {
				received.push(socket);
			},
		};
		ports = new SharedPorts(() => [worker]);
		const port = await ports.open(OPTIONS);
		const first = await dial(port);
		for (let at = 1; at < 1024; at++) await dial(port);
		expect(ports.dropped).toBe(0);
		const refused = await dial(port);
		refused.resume();
		if (!refused.destroyed) await once(refused, "close");
		await expect.poll(() => ports.dropped).toBe(1);
		isReady = true;
		ports.handOut();
		expect(received).toHaveLength(1024);
		expect(received[0]!.remotePort).toBe(first.localPort);
		for (const socket of received) socket.destroy();
	});

	it("give a client that a worker has not confirmed to the next one before all others", async () => {
		const received: Socket[] = [];
		let isReady = false;
		ports = new SharedPorts(() => [
			{ connections: 0, takes: () => isReady, take: (_, socket) => void received.push(socket) },
		]);
		const port = await ports.open(OPTIONS);
		isReady = true;
		const first = await dial(port);
		await expect.poll(() => received.length).toBe(1);
		isReady = false;
		await dial(port);
		await new Promise((resolve) => setImmediate(resolve));
		ports.giveBack(port, received[0]!);
		isReady = true;
		await expect
			.poll(() => {
				ports.handOut();
				return received.length;
			})
			.toBe(3);
		expect(received[1]!.remotePort).toBe(first.localPort);
		for (const socket of received) socket.destroy();
	});
});
