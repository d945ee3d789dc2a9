// The table "Member by member" of docs/guide/asc.md, row by row against the runtime: one script touches every member.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { rawClient, runApplication } from "./application.ts";

interface Row {
	readonly className: string;
	readonly members: readonly string[];
	readonly kind: string;
}

/** An object of each class, as an expression of the script. Classes without a line cannot be made. */
const OBJECTS: Readonly<Record<string, string>> = {
	global: "this",
	Object: "({})",
	Application: "application",
	Client: "client",
	File: 'new File("members.txt")',
	LoadVars: "new LoadVars()",
	NetConnection: "new NetConnection()",
	SharedObject: 'SharedObject.get("members")',
	Stream: "Stream.prototype",
	XML: "new XML()",
	XMLNode: 'new XMLNode(1, "a")',
	XMLSocket: "new XMLSocket()",
	XMLStreams: 'new XMLSocket("stream")',
};

function rows(): Row[] {
	const guide = readFileSync(join(import.meta.dirname, "../../docs/guide/asc.md"), "utf8");
	const section = guide.split("## Member by member")[1]?.split("\n## ")[0] ?? "";
	return [...section.matchAll(/^\| (\w+) \| (`.+`) \| ([\w ]+) \|/gm)].map(
		([, className = "", names = "", kind = ""]) => ({
			className,
			members: names.split(", ").map((name) => name.replaceAll("`", "")),
			kind,
		}),
	);
}

/** A line of the script that traces what is wrong with one member, or nothing. */
function checkOf(className: string, member: string, kind: string): string {
	const what = JSON.stringify(`${className} ${member}`);
	const isStatic = member.startsWith(`${className}.`);
	const name = JSON.stringify(isStatic ? member.slice(className.length + 1) : member);
	const target = isStatic ? className : (OBJECTS[className] ?? className);
	if (kind === "refused")
		return member === "constructor"
			? `refused(${what}, function () { new ${className}(); });`
			: `refused(${what}, function () { (${target})[${name}](); });`;
	if (kind === "works") return `works(${what}, ${target}, ${name});`;
	if (kind === "no effect") return `quiet(${what}, ${target}, ${name});`;
	return `handler(${what}, ${target}, ${name});`;
}

const SCRIPT = `
var count = 0;
function wrong(what, words) { trace("wrong " + what + ": " + words); }
function refused(what, call) {
	count++;
	try { call(); wrong(what, "is not refused"); }
	catch (e) {
		if (e.code != "XMLSOCKET_SCRIPT_UNSUPPORTED" || e.message.length < 40) wrong(what, e.code + " " + e.message);
	}
}
function works(what, object, name) {
	count++;
	if (!(name in object)) wrong(what, "is missing");
}
function quiet(what, object, name) {
	count++;
	if (!(name in object)) wrong(what, "is missing");
	try { if (typeof object[name] == "function") object[name](1, {}, 2); else object[name] = object[name]; }
	catch (e) { wrong(what, "throws " + e.message); }
}
function handler(what, object, name) {
	count++;
	var old = object[name];
	object[name] = function () {};
	if (typeof object[name] != "function") wrong(what, "cannot be set");
	object[name] = old;
}
application.onConnect = function (client) {
	CHECKS
	trace("touched " + count);
	return true;
};
`;

it("every member in the table of the guide does in a script what its row says", async () => {
	const all = rows();
	expect([...new Set(all.map(({ kind }) => kind))].sort()).toEqual(["handler", "no effect", "refused", "works"]);
	const checks = all.flatMap(({ className, members, kind }) => members.map((name) => checkOf(className, name, kind)));
	expect(checks.length).toBeGreaterThan(180);
	const application = await runApplication({
		"main.asc": SCRIPT.replace("CHECKS", () =>
			checks.join("\n\t").replaceAll("(this)", "(globalThis)").replaceAll(", this,", ", globalThis,"),
		),
	});
	const client = await rawClient(application.port);
	client.send("<connect/>");
	await application.traces(`touched ${checks.length}`);
	expect(application.traced.filter((line) => line.startsWith("wrong"))).toEqual([]);
});

it("the table has every class of the manual", () => {
	const classes = new Set(rows().map(({ className }) => className));
	for (const name of [
		..."Application Client File LoadVars Log NetConnection SharedObject SOAPCall SOAPFault Stream WebService".split(
			" ",
		),
		..."XML XMLNode XMLSocket XMLStreams global".split(" "),
	])
		expect(classes, name).toContain(name);
});
