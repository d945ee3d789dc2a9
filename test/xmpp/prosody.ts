// A real Jabber server for tests: Debian's prosody as a child process, with its own ports, data folder and certificate.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../peer-programs.js";

/** The users there are: at `localhost`, which has TLS, and at `plain.localhost`, which has not. */
export const USERS: readonly string[] = ["ann", "bob", "bot", "carol"];
export const COMPONENT_SECRET = "component's <secret>";

export const passwordOf = (user: string): string => `pass-${user}`;

/** Whether the program is there. In CI it must be. */
export function hasProsody(): boolean {
	return findProgram(["prosody"]) !== undefined;
}

/** A running server. */
export interface Prosody {
	readonly port: number;
	readonly componentPort: number;
	readonly webSocketUrl: string;
	/** The authority that has signed the server's certificate: its file, and its text. */
	readonly caFile: string;
	readonly ca: string;
	readonly log: () => string;
	/** Ends the process and starts it again with the same ports and data. */
	restart(): Promise<void>;
	stop(): Promise<void>;
}

/** @param rosterOf users with a roster of 100 contacts. */
export async function startProsody(rosterOf: readonly string[] = []): Promise<Prosody> {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-prosody-"));
	const [port, componentPort, httpPort] = await freePorts(3);
	makeCertificates(folder);
	for (const host of ["localhost", "plain%2elocalhost"]) {
		for (const store of ["accounts", "roster"]) mkdirSync(join(folder, "data", host, store), { recursive: true });
		for (const user of USERS) {
			const account = join(folder, "data", host, "accounts", `${user}.dat`);
			writeFileSync(account, `return { ["password"] = ${JSON.stringify(passwordOf(user))}; };\n`);
			if (rosterOf.includes(user)) writeFileSync(join(folder, "data", host, "roster", `${user}.dat`), roster());
		}
	}
	const file = join(folder, "prosody.cfg.lua");
	writeFileSync(file, configuration(folder, port!, componentPort!, httpPort!));
	let log = "";
	let child: ChildProcess;
	const start = async (): Promise<void> => {
		child = spawn("prosody", ["-F", "--config", file], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
		child.stdout!.on("data", (text) => {
			log += text;
		});
		child.stderr!.on("data", (text) => {
			log += text;
		});
		for (const each of [port!, componentPort!, httpPort!]) await answers(each, child, () => log);
	};
	const end = async (): Promise<void> => {
		if (child.exitCode !== null || child.signalCode !== null) return;
		const gone = new Promise((resolve) => child.once("exit", resolve));
		child.kill("SIGTERM");
		const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
		await gone;
		clearTimeout(timer);
	};
	await start();
	return {
		port: port!,
		componentPort: componentPort!,
		webSocketUrl: `ws://localhost:${httpPort}/xmpp-websocket`,
		caFile: join(folder, "ca.pem"),
		ca: readFileSync(join(folder, "ca.pem"), "utf8"),
		log: () => log,
		restart: async () => {
			await end();
			await start();
		},
		stop: async () => {
			await end();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

function configuration(folder: string, port: number, componentPort: number, httpPort: number): string {
	return `
run_as_root = true
data_path = ${JSON.stringify(join(folder, "data"))}
pidfile = ${JSON.stringify(join(folder, "prosody.pid"))}
certificates = ${JSON.stringify(folder)}
modules_enabled = { "roster", "saslauth", "tls", "disco", "ping", "legacyauth", "websocket", "posix" }
modules_disabled = { "s2s", "offline" }
interfaces = { "127.0.0.1", "::1" }
c2s_ports = { ${port} }
component_ports = { ${componentPort} }
component_interfaces = { "127.0.0.1", "::1" }
http_ports = { ${httpPort} }
http_interfaces = { "127.0.0.1", "::1" }
https_ports = {}
c2s_direct_tls_ports = {}
authentication = "internal_plain"
storage = "internal"
allow_unencrypted_plain_auth = true
c2s_require_encryption = false
consider_websocket_secure = true
log = { { levels = { min = "info" }, to = "console" } }
VirtualHost "localhost"
	ssl = { certificate = ${JSON.stringify(join(folder, "server.pem"))}, key = ${JSON.stringify(join(folder, "server.key"))} }
VirtualHost "plain.localhost"
	modules_disabled = { "tls" }
Component "rooms.localhost" "muc"
	restrict_room_creation = false
	muc_room_default_public = true
Component "bridge.localhost"
	component_secret = ${JSON.stringify(COMPONENT_SECRET)}
`;
}

function roster(): string {
	const contacts = Array.from(
		{ length: 100 },
		(_, at) =>
			`["contact-${at}@elsewhere.example"] = { subscription = "both"; groups = { ["Friends & others"] = true }; };`,
	);
	return `return { [false] = { version = 1; }; ${contacts.join("\n")} };\n`;
}

function makeCertificates(folder: string): void {
	const openssl = (...args: string[]): void => void execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
	openssl("req", "-x509", ...key, "-days", "2", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem");
	openssl("req", ...key, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr");
	writeFileSync(join(folder, "names.cnf"), "subjectAltName=DNS:localhost\n");
	const sign = ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
	openssl(...sign, "-days", "2", "-extfile", "names.cnf", "-out", "server.pem");
}

async function freePorts(count: number): Promise<number[]> {
	const servers = await Promise.all(
		Array.from({ length: count }, async () => {
			const server = createServer();
			await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
			return server;
		}),
	);
	const ports = servers.map((server) => (server.address() as { port: number }).port);
	await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	return ports;
}

async function answers(port: number, child: ChildProcess, log: () => string): Promise<void> {
	for (let i = 0; i < 1800; i++) {
		if (child.exitCode !== null) throw new Error(`prosody ended: ${log()}`);
		const open = await new Promise<boolean>((resolve) => {
			const socket = connect({ port, host: "127.0.0.1" });
			socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
			socket.once("connect", () => socket.destroy());
		});
		if (open) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`prosody does not listen on port ${port}: ${log()}`);
}
