// The log in JetStream: what every log does, on one server and on three.

import { afterAll, beforeAll, describe } from "vitest";
import { Broker, JetStreamLog } from "../../src/cluster/index.ts";
import { describeLog, type SuiteOptions } from "../hub/log-suite.ts";
import { hasNatsServer, NatsServers } from "./nats-server.js";

describe.skipIf(!hasNatsServer()).each([1, 3])("JetStream on %i server(s)", (nodes) => {
	let servers: NatsServers;
	let broker: Broker;
	let streams = 0;
	beforeAll(async () => {
		servers = await NatsServers.start({ nodes });
		broker = await Broker.connect({ servers: servers.urls });
	});
	afterAll(async () => {
		await broker?.close();
		await servers?.stop();
	});
	const open = (options: SuiteOptions) =>
		JetStreamLog.open(broker, { ...options, stream: `S${streams}`, replicas: nodes });

	describeLog("a JetStreamLog", {
		open(options) {
			streams++;
			return open(options);
		},
		reopen: open,
		ownsClock: false,
	});
});
