// A real nginx for tests: Debian's nginx-light as a child process in front of a server, with its own port, folder and configuration.

import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const path = findNginx();

function findNginx(): string | undefined {
	for (const folder of [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"]) {
		try {
			accessSync(join(folder, "nginx"), constants.X_OK);
			return join(folder, "nginx");
		} catch {
			// Not in this folder.
		}
	}
	return undefined;
}

/** Whether the program is there. In CI it must be. */
export function hasNginx(): boolean {
	if (path !== undefined) return true;
	if (process.env.CI === "true") throw new Error("There is no nginx on PATH. On Debian: apt-get install nginx-light");
	console.log("Skipped: there is no nginx on PATH. On Debian: apt-get install nginx-light");
	return false;
}

/** A running proxy. */
export interface Nginx {
	readonly port: number;
	stop(): Promise<void>;
}

/** The headers that a proxy must pass for WebSockets, as the documentation of this project lists them. */
export const WEBSOCKET_HEADERS = `proxy_http_version 1.1;
proxy_set_header Host $http_host;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection "upgrade";
proxy_set_header X-Forwarded-For $remote_addr;`;

/**
 * Starts nginx.
 *
 * @param http further lines of the block `http`, for example upstreams.
 * @param server the lines of the block `server`: its locations.
 */
export async function startNginx(server: string, http = ""): Promise<Nginx> {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-nginx-"));
	const port = await freePort();
	const file = join(folder, "nginx.conf");
	const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
		.map((name) => `${name}_temp_path ${folder}/${name};`)
		.join("\n");
	writeFileSync(
		file,
		`daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 256; }
http { access_log off; ${paths} ${http}
server { listen 127.0.0.1:${port}; listen [::1]:${port}; ${server} } }`,
	);
	const child = spawn(path!, ["-p", folder, "-c", file], { stdio: ["ignore", "ignore", "ignore"] });
	try {
		await answers(port, child, join(folder, "error.log"));
	} catch (error) {
		child.kill("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
		throw error;
	}
	return {
		port,
		async stop() {
			const gone = new Promise((resolve) => child.once("exit", resolve));
			if (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL")) await gone;
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	await new Promise((resolve) => server.close(resolve));
	return port;
}

async function answers(port: number, child: ChildProcess, log: string): Promise<void> {
	for (let attempt = 0; attempt < 1000; attempt++) {
		if (child.exitCode !== null) throw new Error(`nginx ended: ${readFileSync(log, "utf8")}`);
		const isOpen = await new Promise<boolean>((resolve) => {
			const socket = connect({ port, host: "127.0.0.1" });
			socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
			socket.on("close", () => {}).unref();
			socket.once("connect", () => socket.destroy());
		});
		if (isOpen) return;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error("nginx does not listen");
}
