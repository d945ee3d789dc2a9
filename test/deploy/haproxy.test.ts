// The files of deploy/haproxy, and the one of the cluster, in a real HAProxy.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { openChat } from "../../src/index.ts";
import { closeServers, startChat } from "../field/web-server.ts";
import { findProgram } from "../peer-programs.js";
import { folderWithCertificate, freePort, outputOf, remove, rendered, runProgram } from "./proxies.ts";
import { type FrontProxy, type ProxySetup, proxySuite } from "./proxy-suite.ts";

const haproxy = findProgram(["haproxy"]);

async function start({ daemonPort, silenceMs }: ProxySetup): Promise<FrontProxy> {
	const { folder, both } = folderWithCertificate();
	const [web, raw] = [await freePort(), await freePort()];
	const silence = `${silenceMs ?? 600_000}ms`;
	const file = join(folder, "haproxy.cfg");
	writeFileSync(
		file,
		rendered("haproxy/haproxy.cfg", [
			["/etc/haproxy/chat.example.com.pem", both],
			["bind :443", `bind 127.0.0.1:${web},[::1]:${web}`],
			["bind :9443", `bind 127.0.0.1:${raw},[::1]:${raw}`],
			["127.0.0.1:9000", `127.0.0.1:${daemonPort}`],
			["timeout client 10m", `timeout client ${silence}`],
			["timeout server 10m", `timeout server ${silence}`],
			["timeout tunnel 1h", `timeout tunnel ${silence}`],
		]),
	);
	expect(outputOf(haproxy!, ["-c", "-f", file])).toMatchObject({ ok: true });
	const socket = join(folder, "master");
	// As Debian's unit runs it: a master process that replaces its worker on SIGUSR2.
	const program = await runProgram(haproxy!, ["-Ws", "-f", file, "-S", socket], [web, raw]);
	return {
		web,
		raw,
		reload: async () => {
			program.process.kill("SIGUSR2");
			await new Promise((resolve) => setTimeout(resolve, 500));
		},
		stop: async () => {
			program.process.kill("SIGTERM");
			await new Promise((resolve) => program.process.once("exit", resolve));
			remove(folder);
		},
	};
}

describe.skipIf(haproxy === undefined)("haproxy", () => {
	proxySuite("HAProxy", { start, hasSilenceLimit: true, hasPath: false });
	afterEach(closeServers);

	it("that sends a PROXY header to a daemon that does not list it: the log says so, and how to fix it; clients still chat", async () => {
		const { port, log } = await startChat();
		const proxy = await start({ daemonPort: port });
		onTestFinished(() => proxy.stop());
		const address = `xmlsockets://localhost:${proxy.raw}`;
		for (let n = 0; n < 2; n++) {
			const chat = await openChat(address, { reconnect: false, tls: { insecure: true } });
			expect((await (await chat.join("lobby")).say("hi")).seq).toBe(n + 1);
			await chat.close();
		}
		const lines = log.lines.filter(({ words }) => words.includes("PROXY protocol header"));
		expect(lines.length).toBeGreaterThan(0);
		expect(lines[0]!.words).toContain("--trust-proxy");
	});

	it("that sends no PROXY header to a daemon that lists it: clients count as the proxy, and chat", async () => {
		const { port, log } = await startChat({ trustProxy: ["127.0.0.1"] });
		const { folder } = folderWithCertificate();
		const raw = await freePort();
		const file = join(folder, "haproxy.cfg");
		writeFileSync(
			file,
			`defaults
	mode tcp
	timeout connect 5s
	timeout client 1m
	timeout server 1m
listen raw
	bind 127.0.0.1:${raw}
	server daemon 127.0.0.1:${port}
`,
		);
		const program = await runProgram(haproxy!, ["-db", "-f", file], [raw]);
		onTestFinished(async () => {
			await program.stop();
			remove(folder);
		});
		const chat = await openChat(`xmlsocket://127.0.0.1:${raw}`, { reconnect: false });
		expect((await (await chat.join("lobby")).say("hi")).seq).toBe(1);
		await chat.close();
		expect(log.lines.filter(({ level }) => level === "warn")).toEqual([]);
	});

	it("in front of the cluster's daemons sends a new client to another one when a daemon stops", async () => {
		const daemons = await Promise.all([1, 2, 3].map(() => startChat({ trustProxy: ["127.0.0.1"] })));
		const { folder } = folderWithCertificate();
		const port = await freePort();
		const file = join(folder, "haproxy.cfg");
		const text = rendered("docker-cluster/haproxy.cfg", [
			["bind :9000", `bind 127.0.0.1:${port}`],
			["xmlsocket-1:9000", `127.0.0.1:${daemons[0]!.port}`],
			["xmlsocket-2:9000", `127.0.0.1:${daemons[1]!.port}`],
			["xmlsocket-3:9000", `127.0.0.1:${daemons[2]!.port}`],
			["inter 1s", "inter 100ms"],
		]);
		writeFileSync(file, text);
		expect(outputOf(haproxy!, ["-c", "-f", file])).toMatchObject({ ok: true });
		const program = await runProgram(haproxy!, ["-db", "-f", file], [port]);
		onTestFinished(async () => {
			await program.stop();
			remove(folder);
		});
		const open = () => openChat(`xmlsocket://127.0.0.1:${port}`, { reconnect: { minDelayMs: 20, maxDelayMs: 100 } });
		const peers = () => daemons.map(({ server }) => server.peers);
		const chats = await Promise.all(Array.from({ length: 6 }, open));
		// Also WebSockets and pages: the proxy passes bytes on.
		expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe("ok\n");
		await expect.poll(peers).toEqual([2, 2, 2]);
		await daemons[0]!.server.close();
		await expect.poll(peers).toEqual([0, 3, 3]);
		chats.push(...(await Promise.all(Array.from({ length: 4 }, open))));
		await expect.poll(peers).toEqual([0, 5, 5]);
		await Promise.all(chats.map((chat) => chat.close().catch(() => {})));
	});
});
