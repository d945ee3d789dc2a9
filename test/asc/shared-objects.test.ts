// Shared objects between a script and clients over real connections, and what is left of them when the application starts anew.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rawClient, runApplication, startApplication } from "./application.ts";

const SCRIPT = `
	application.onAppStart = function () {
		board = SharedObject.get("board", true);
		trace("there are " + board.size());
		board.onSync = function (list) {
			for (var i in list) trace("sync " + list[i].code + " " + list[i].name + " " + list[i].oldValue);
		};
		board.shout = function (text, place) {
			trace("shout " + text + " " + place.x + " " + (place instanceof Object) + " " + (this == board));
			this.setProperty("last", text);
		};
	};
	application.onConnect = function (client) {
		if (application.clients.length > 0) client.writeAccess = "";
		return true;
	};
	Client.prototype.wipe = function () {
		board.lock();
		var names = board.getPropertyNames();
		for (var i = 0; i < names.length; i++) board.setProperty(names[i], null);
		board.setProperty("wiped", new Date(0));
		board.unlock();
	};
	Client.prototype.broken = function () {
		SharedObject.get("damaged", true);
	};
`;

const so = (content: string): string => `<so name="board" persistent="true">${content}</so>`;

test("a script and its clients share an object, and a new start finds it again", async () => {
	const running = await runApplication({ "main.asc": SCRIPT });
	await running.traces("there are 0");
	const ann = await rawClient(running.port);
	ann.send(so("<connect/>"));
	await ann.hears("<clear />");
	const bob = await rawClient(running.port);
	bob.send(so("<connect/>"));
	await bob.hears("<clear />");

	ann.send(so('<set name="a"><array><property id="0"><number>1</number></property></array></set>'));
	expect(await ann.hears('<success name="a" />')).toContain('version="1"');
	await bob.hears('<change name="a"><array><property id="0"><number>1</number></property></array></change>');
	await running.traces("sync change a undefined");
	// Bob may look and not touch.
	bob.send(so('<set name="a"><string>mine</string></set>'));
	await bob.hears('<reject name="a" />');

	ann.send(
		so(
			'<send handler="shout"><string>hey</string><object><property id="x"><number>3</number></property></object></send>',
		),
	);
	await running.traces("shout hey 3 true true");
	await bob.hears('<send handler="shout">');
	await bob.hears('<change name="last"><string>hey</string></change>');

	ann.send("<wipe/>");
	const wiped = await bob.hears('<change name="wiped">');
	expect(wiped).toBe(
		'<so name="board" persistent="true" version="5"><delete name="a" /><delete name="last" /><change name="wiped"><date>0</date></change></so>',
	);
	await running.stop();

	const again = await startApplication(running.folder);
	await again.traces("there are 1");
	const carol = await rawClient(again.port);
	carol.send(so("<connect/>"));
	expect(await carol.hears("<clear />")).toBe(
		'<so name="board" persistent="true" version="5"><clear /><change name="wiped"><date>0</date></change></so>',
	);
});

test("a change is written to the file within about a second", async () => {
	const running = await runApplication({ "main.asc": SCRIPT });
	const ann = await rawClient(running.port);
	ann.send(so('<connect/><set name="a"><string>kept</string></set>'));
	await ann.hears("<success");
	const file = join(running.folder, "sharedobjects", "board.so.xml");
	for (let tries = 0; tries < 1000 && !existsSync(file); tries++)
		await new Promise((resolve) => setTimeout(resolve, 10));
	expect(readFileSync(file, "utf8")).toContain("<string>kept</string>");
});

test("a damaged file is an error of only that object", async () => {
	const running = await runApplication({
		"main.asc": SCRIPT,
		"sharedobjects/damaged.so.xml": '<sharedObject format="1" name="damaged" version="3" size="1"><change nam',
	});
	const ann = await rawClient(running.port);
	ann.send("<broken/>");
	ann.send('<so name="damaged" persistent="true"><connect/></so>');
	await ann.hears('<error code="shared-object-unreadable">');
	ann.send(so("<connect/>"));
	await ann.hears("<clear />");
	expect(running.logged.join()).toContain('The shared object "damaged" cannot be opened: its file is damaged');
});

test("a disconnected client is removed from all shared objects", async () => {
	const running = await runApplication({
		"main.asc": `
			Client.prototype.count = function () {
				var so = SharedObject.get("board");
				so.setProperty("seen", (so.getProperty("seen") || 0) + 1);
				trace("counted " + so.getProperty("seen"));
				so.close();
			};
		`,
	});
	const ann = await rawClient(running.port);
	ann.send('<so name="board"><connect/></so>');
	await ann.hears("<clear />");
	ann.send("<count/>");
	ann.send("<count/>");
	await ann.hears('<change name="seen"><number>2</number></change>');
	ann.close();
	const bob = await rawClient(running.port);
	// The object lived as long as ann followed it.
	for (let tries = 0; tries < 100 && !running.traced.includes("counted 1", 1); tries++) {
		bob.send("<count/>");
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	expect(running.traced.lastIndexOf("counted 1")).toBeGreaterThan(0);
});
