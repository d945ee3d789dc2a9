// Mistakes in published server-side scripts that raise no error: the log says what to write. And objects that scripts print.

import { expect, it } from "vitest";
import { rawClient, runApplication } from "../asc/application.ts";
import { until } from "../client/support.ts";
import { RawClient } from "../server/peers.ts";
import { ask } from "./web-server.ts";

it("a script gives client.call a value in the place of the result object: the log says once where values belong", async () => {
	const application = await runApplication({
		"main.asc": `application.onConnect = function (client) {
			this.acceptConnection(client);
			client.call("setId", client.id);
			client.call("setId", client.id);
			client.call("fine", null, 7);
		};`,
	});
	const client = await rawClient(application.port);
	client.send("<connect/>");
	await client.hears('<call name="fine"><number>7</number></call>');
	await until(() => application.logged.length > 0, "the hint");
	expect(application.logged.filter((line) => line.includes('client.call("setId", null, value)'))).toHaveLength(1);
});

it("a script prints application.config, and asks it for a property of its own", async () => {
	const application = await runApplication({
		"main.asc":
			'trace("" + application.config); trace(application.config.hasOwnProperty("x")); for (var i in application.config) trace(i);',
	});
	expect(application.traced).toEqual(["[object Object]", "false"]);
});

it("content still connects with NetConnection, over RTMP and then in HTTP: the log says that it needs XMLSocket", async () => {
	const application = await runApplication({ "main.asc": "" });
	const client = RawClient.tcp(application.port);
	client.socket.write(Buffer.concat([Buffer.from([3, 0, 0, 18, 52, 9, 0, 124, 2]), Buffer.alloc(1528, 120)]));
	await client.closed;
	expect(client.text).toBe("");
	const tunnel = await ask(application.port, "/open/1", {
		method: "POST",
		headers: { "Content-Type": "application/x-fcs" },
	});
	expect([tunnel.status, tunnel.body]).toEqual([405, "There is no RTMP here: connect with XMLSocket.\n"]);
	expect(application.logged.join("\n")).toContain(
		"speaks RTMP, as NetConnection does; content connects to this server with XMLSocket",
	);
});

it("a script asks for the shared object of another server: the log says that it gets its own", async () => {
	const application = await runApplication({
		"main.asc": `var NC = new NetConnection();
			var users = SharedObject.get("users", false, NC);
			users.setProperty("ann", 1); trace(users.getProperty("ann"));
			SharedObject.get("mine", false, null);`,
	});
	await until(() => application.logged.length > 0, "the hint");
	expect(application.traced).toEqual(["1"]);
	expect(application.logged.filter((line) => line.includes("the NetConnection has no effect"))).toHaveLength(1);
});
