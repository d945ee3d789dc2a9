// The files of deploy/caddy in a real Caddy.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { findProgram } from "../peer-programs.js";
import { folderWithCertificate, freePort, outputOf, remove, rendered, runProgram } from "./proxies.ts";
import { type FrontProxy, type ProxySetup, proxySuite } from "./proxy-suite.ts";

const caddy = findProgram(["caddy"]);

async function start({ daemonPort, path }: ProxySetup): Promise<FrontProxy> {
	const { folder, cert, key } = folderWithCertificate();
	const [web, admin] = [await freePort(), await freePort()];
	const file = join(folder, "Caddyfile");
	const site = `localhost:${web} {\n\ttls ${cert} ${key}`;
	const text =
		path === undefined
			? rendered("caddy/Caddyfile", [
					["chat.example.com {", site],
					["localhost:9000", `localhost:${daemonPort}`],
				])
			: // What the template has as a comment.
				rendered("caddy/Caddyfile", [["localhost:9000", `localhost:${daemonPort}`]])
					.split("instead; the daemon needs no option for it:\n#\n")[1]!
					.replaceAll(/^# ?/gm, "")
					.replace("example.com {", site);
	writeFileSync(
		file,
		`{\n\tadmin localhost:${admin}\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n${text}`,
	);
	const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
	const program = await runProgram(caddy!, ["run", "--config", file, "--adapter", "caddyfile"], [web], env);
	return {
		web,
		raw: undefined,
		reload: async () => {
			const args = ["reload", "--force", "--config", file, "--adapter", "caddyfile", "--address", `localhost:${admin}`];
			expect(outputOf(caddy!, args)).toMatchObject({ ok: true });
		},
		stop: async () => {
			await program.stop();
			remove(folder);
		},
	};
}

describe.skipIf(caddy === undefined)("caddy", () => {
	proxySuite("Caddy", { start, hasSilenceLimit: false, hasPath: true });
});
