// The programs that the benchmark of the inspector compares: a relay that only pipes, and the inspector as a user starts it. Each is a process.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const command = join(dirname(fileURLToPath(import.meta.url)), "../../dist/cli/main.js");

/** A server that sends back what it gets. */
export function startEcho() {
	return script(
		`require("net").createServer({noDelay:true,allowHalfOpen:true},s=>{s.on("error",()=>{});s.pipe(s)})
		.listen(0,"127.0.0.1",function(){console.log(this.address().port)})`,
	);
}

/** The least that a hop through another process of Node costs. */
export function startRelay(target) {
	return script(
		`const net=require("net");net.createServer({noDelay:true,allowHalfOpen:true},a=>{
		const b=net.connect({port:${target},host:"127.0.0.1",noDelay:true,allowHalfOpen:true});a.pipe(b);b.pipe(a);
		for(const [x,y] of [[a,b],[b,a]])x.on("close",()=>y.destroy()).on("error",()=>{})})
		.listen(0,"127.0.0.1",function(){console.log(this.address().port)})`,
	);
}

/** The inspector. @param output `null`: nothing reads what it prints; `file`: a file does. */
export async function startInspector(target, flags = [], output = "null") {
	const folder = mkdtempSync(join(tmpdir(), "bench-inspect-"));
	const out = openSync(output === "null" ? "/dev/null" : join(folder, "out"), "w");
	const child = spawn(process.execPath, [command, "inspect", "127.0.0.1:0", `127.0.0.1:${target}`, ...flags], {
		stdio: ["ignore", out, "pipe"],
		env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("XMLSOCKET_"))),
	});
	closeSync(out);
	let words = "";
	while (!words.includes("\n")) words += String((await once(child.stderr, "data"))[0]);
	child.stderr.resume();
	return {
		port: Number(/:(\d+);/.exec(words)[1]),
		stop: async () => {
			child.kill("SIGTERM");
			await once(child, "exit");
			rmSync(folder, { recursive: true });
		},
	};
}

async function script(text) {
	const child = spawn(process.execPath, ["-e", text], { stdio: ["ignore", "pipe", "inherit"] });
	const port = Number(String((await once(child.stdout, "data"))[0]));
	return {
		port,
		stop: async () => {
			child.kill("SIGTERM");
			await once(child, "exit");
		},
	};
}
