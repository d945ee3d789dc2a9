// The connection to NATS over TLS and with a user: which certificates are good, and what is said where one is not. Each attempt is a
// process of its own, because Node reads the authorities that it trusts when it starts.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasNatsServer, NatsServers } from "./nats-server.js";

const PROGRAM = `import { Broker } from ${JSON.stringify(join(import.meta.dirname, "../../dist/cluster/nats/index.js"))};
	const broker = await Broker.connect({ servers: [process.argv[1]] }).catch(({ code, message }) => console.log(code, message));
	if (!broker) process.exit();
	await broker.flush();
	await broker.close();
	console.log("in");`;

describe.skipIf(!hasNatsServer())("a Broker over TLS", () => {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket tls "));
	const servers: Record<string, NatsServers> = {};

	const file = (name: string): string => join(folder, name);
	const certificate = (name: string, alternatives: string): void => {
		const request = [
			"req",
			"-x509",
			"-newkey",
			"ec",
			"-pkeyopt",
			"ec_paramgen_curve:prime256v1",
			"-nodes",
			"-days",
			"2",
		];
		const subject = ["-subj", "/CN=nats", "-addext", `subjectAltName=${alternatives}`];
		const files = ["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)];
		execFileSync("openssl", [...request, ...subject, ...files], { stdio: "ignore" });
	};
	const tls = (name: string): string =>
		`tls { cert_file: "${file(`${name}.pem`)}", key_file: "${file(`${name}.key`)}" }`;
	const user = 'authorization { user: "ann", password: "se cret" }';
	const attempt = (server: string, words: string, trusted?: string): string => {
		const [scheme, rest] = words.split("://");
		const port = new URL(servers[server]!.urls[0]!).port;
		const env = { ...process.env, ...(trusted ? { NODE_EXTRA_CA_CERTS: file(`${trusted}.pem`) } : {}) };
		const flags = ["--no-warnings", "--input-type=module", "-e", PROGRAM, `${scheme}://${rest}:${port}`];
		return execFileSync(process.execPath, flags, { env, encoding: "utf8" }).trim();
	};

	beforeAll(async () => {
		certificate("address", "IP:127.0.0.1");
		certificate("name", "DNS:localhost");
		certificate("other", "DNS:other.example");
		for (const name of ["address", "name", "other"]) {
			servers[name] = await NatsServers.start({ settings: `${tls(name)}\n${user}` });
		}
		servers.plain = await NatsServers.start();
	});
	afterAll(async () => {
		for (const one of Object.values(servers)) await one.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	it("goes on where the certificate is for that address or name, and its authority is trusted", () => {
		expect(attempt("address", "tls://ann:se%20cret@127.0.0.1", "address")).toBe("in");
		expect(attempt("name", "tls://ann:se%20cret@localhost", "name")).toBe("in");
	});

	it("says so where the certificate is for another", () => {
		for (const words of ["tls://ann:se%20cret@127.0.0.1", "tls://ann:se%20cret@localhost"]) {
			const said = attempt("other", words, "other");
			expect(said).toMatch(/^XMLSOCKET_BROKER_UNREACHABLE .*altnames.* the name or address that it is for\.$/);
		}
		expect(attempt("name", "tls://ann:se%20cret@127.0.0.1", "name")).toMatch(/^XMLSOCKET_BROKER_UNREACHABLE/);
	});

	it("says how an authority is trusted", () => {
		expect(attempt("address", "tls://ann:se%20cret@127.0.0.1")).toMatch(
			/self-signed certificate\. .*NODE_EXTRA_CA_CERTS/,
		);
	});

	it("says that the password is wrong, and never which", () => {
		const said = attempt("address", "tls://ann:wrong@127.0.0.1", "address");
		expect(said).toMatch(/Authorization Violation\. Check the user and the password/);
		expect(said).not.toContain("wrong");
	});

	it("does not do without TLS where it was asked for", () => {
		expect(attempt("plain", "tls://127.0.0.1")).toMatch(/Write nats:\/\/ for servers without TLS\.$/);
	});

	it("is not passed by with nats:// where the server wants it", () => {
		expect(attempt("name", "nats://ann:se%20cret@localhost", "name")).toBe("in");
		expect(attempt("name", "nats://ann:se%20cret@localhost")).toMatch(
			/self-signed certificate\. They want TLS: write tls:\/\//,
		);
	});
});
