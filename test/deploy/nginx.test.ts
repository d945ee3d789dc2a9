// The files of deploy/nginx in a real nginx.

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "vitest";
import { findProgram } from "../peer-programs.js";
import { folderWithCertificate, freePort, remove, rendered, runProgram } from "./proxies.ts";
import { type FrontProxy, type ProxySetup, proxySuite } from "./proxy-suite.ts";

const nginx = findProgram(["nginx"], "nginx-light");
const MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";
const hasStream = existsSync(MODULE);
if (nginx && !hasStream && process.env.CI === "true")
	throw new Error("nginx has no stream module. On Debian: apt-get install libnginx-mod-stream");

async function start({ daemonPort, path, silenceMs }: ProxySetup): Promise<FrontProxy> {
	const { folder, cert, key } = folderWithCertificate();
	const [web, raw] = [await freePort(), await freePort()];
	const own = [
		["/etc/letsencrypt/live/chat.example.com/fullchain.pem", cert],
		["/etc/letsencrypt/live/chat.example.com/privkey.pem", key],
	] as const;
	const silence = `${silenceMs ?? 600_000}ms`;
	const http = rendered("nginx/xmlsocket.conf", [
		...own,
		["listen 443 ssl;", `listen 127.0.0.1:${web} ssl;`],
		["listen [::]:443 ssl;", `listen [::1]:${web} ssl;`],
		["proxy_read_timeout 1h;", `proxy_read_timeout ${silence};`],
		...(path === undefined
			? [["proxy_pass http://127.0.0.1:9000;", `proxy_pass http://127.0.0.1:${daemonPort};`] as const]
			: ([
					["location / {", `location ${path} {`],
					["proxy_pass http://127.0.0.1:9000;", `proxy_pass http://127.0.0.1:${daemonPort}/;`],
				] as const)),
	]);
	const stream = rendered("nginx/xmlsocket-stream.conf", [
		...own,
		["listen 9443 ssl;", `listen 127.0.0.1:${raw} ssl;`],
		["listen [::]:9443 ssl;", `listen [::1]:${raw} ssl;`],
		["proxy_pass 127.0.0.1:9000;", `proxy_pass 127.0.0.1:${daemonPort};`],
		["proxy_timeout 10m;", `proxy_timeout ${silence};`],
	]);
	const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
	const temporary = places.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n");
	writeFileSync(join(folder, "http.conf"), http);
	writeFileSync(join(folder, "stream.conf"), stream);
	const file = join(folder, "nginx.conf");
	writeFileSync(
		file,
		`${hasStream ? `load_module ${MODULE};` : ""}
user root; daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events { worker_connections 512; }
http { access_log off; ${temporary} include ${folder}/http.conf; }
${hasStream ? `include ${folder}/stream.conf;` : ""}`,
	);
	const program = await runProgram(nginx!, ["-p", folder, "-c", file], hasStream ? [web, raw] : [web]);
	return {
		web,
		raw: hasStream ? raw : undefined,
		reload: async () => {
			program.process.kill("SIGHUP");
			await new Promise((resolve) => setTimeout(resolve, 300));
		},
		stop: async () => {
			// SIGTERM also ends its workers at once.
			program.process.kill("SIGTERM");
			await new Promise((resolve) => program.process.once("exit", resolve));
			remove(folder);
		},
	};
}

describe.skipIf(nginx === undefined)("nginx", () => {
	proxySuite("nginx", { start, hasSilenceLimit: true, hasPath: true });
});
