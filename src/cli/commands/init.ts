// `xmlsocket init KIND`: writes the files of deploy/ that belong to one way to run the daemon, as they are in the package. It replaces no file. The
// folder deploy/ is the only source of these files; tests run them.

import { constants, copyFileSync, existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { XMLSocketError } from "../../errors/index.ts";
import { nearestName } from "../../errors/nearest-name.ts";

/** The flags of `init`. */
export interface InitFlags {
	readonly dir: string;
	readonly json?: boolean;
}

/** One way to run the daemon. */
export interface InitKind {
	readonly about: string;
	/** Paths below deploy/; each is written by its last part. */
	readonly files: readonly string[];
	/** What to do then. */
	readonly next: string;
}

/** The package's folder of templates. */
export const templates: string = fileURLToPath(new URL("../../../deploy/", import.meta.url));

/** All kinds, in the order of the list. */
export const INIT_KINDS: Readonly<Record<string, InitKind>> = {
	config: {
		about: "a configuration file for `xmlsocket serve`",
		files: ["config/xmlsocket.config.json"],
		next: "Change the file, then: xmlsocket serve",
	},
	systemd: {
		about: "a service with few rights and its socket, for a machine with systemd; ports 9000 and 843",
		files: ["systemd/xmlsocket.service", "systemd/xmlsocket.socket"],
		next: "Copy both to /etc/systemd/system, then: systemctl daemon-reload && systemctl enable --now xmlsocket.socket xmlsocket.service",
	},
	docker: {
		about: "a Dockerfile and a compose file with one daemon",
		files: ["docker/Dockerfile", "docker/compose.yaml"],
		next: "docker compose up --build --detach",
	},
	"docker-caddy": {
		about: "the same behind Caddy, which gets the certificate",
		files: ["docker/Dockerfile", "docker-caddy/compose.yaml", "docker-caddy/Caddyfile"],
		next: "Write your host name into Caddyfile and compose.yaml, then: docker compose up --build --detach",
	},
	"docker-cluster": {
		about: "three daemons and three NATS servers, which keep the rooms",
		files: [
			"docker/Dockerfile",
			"docker-cluster/compose.yaml",
			"docker-cluster/nats.conf",
			"docker-cluster/haproxy.cfg",
		],
		next: "docker compose up --build --detach",
	},
	kubernetes: {
		about: "manifests: three daemons with probes and a disruption budget, for a cluster that has NATS",
		files: ["kubernetes/xmlsocket.yaml"],
		next: "Write your image, host name and NATS address into the file, then: kubectl apply -f xmlsocket.yaml",
	},
	monitoring: {
		about: "a dashboard for Grafana, and alert rules for Prometheus",
		files: ["grafana/xmlsocket.json", "prometheus/alerts.yml"],
		next: "Import xmlsocket.json in Grafana, and list alerts.yml under rule_files of prometheus.yml",
	},
	caddy: {
		about: "a site for Caddy in front of the daemon",
		files: ["caddy/Caddyfile"],
		next: "Write your host name into the file, then: caddy validate --config Caddyfile",
	},
	nginx: {
		about: "a site for nginx in front of the daemon, and the raw port",
		files: ["nginx/xmlsocket.conf", "nginx/xmlsocket-stream.conf"],
		next: "Write your host name into the files, include them as their first lines say, then: nginx -t",
	},
	haproxy: {
		about: "HAProxy in front of the daemon: TLS, pages, WebSocket and the raw port",
		files: ["haproxy/haproxy.cfg"],
		next: "Write your certificate into the file, then: haproxy -c -f haproxy.cfg",
	},
};

/**
 * Writes the files of a kind, or lists the kinds.
 *
 * Rejects with XMLSOCKET_OPTION_INVALID for an unknown kind, XMLSOCKET_FILE_EXISTS where one of the files is there (none is written then),
 * XMLSOCKET_FILE_NOT_WRITTEN.
 */
export async function init(kind: string | undefined, { dir, json = false }: InitFlags): Promise<void> {
	if (kind === undefined) {
		process.stdout.write(list(json));
		return;
	}
	const chosen = Object.hasOwn(INIT_KINDS, kind) ? INIT_KINDS[kind] : undefined;
	if (!chosen) {
		const near = nearestName(kind, Object.keys(INIT_KINDS));
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`There is no kind "${kind}"${near ? `; did you mean ${near}?` : `; there are ${Object.keys(INIT_KINDS).join(", ")}.`}`,
		);
	}
	const files = chosen.files.map((file) => ({ from: join(templates, file), to: join(dir, basename(file)) }));
	const present = files.filter(({ to }) => existsSync(to)).map(({ to }) => to);
	if (present.length > 0) {
		throw new XMLSocketError(
			"XMLSOCKET_FILE_EXISTS",
			`${present.join(" and ")} ${present.length > 1 ? "exist" : "exists"} already: nothing was written.`,
		);
	}
	for (const { from, to } of files) {
		try {
			mkdirSync(dir, { recursive: true });
			copyFileSync(from, to, constants.COPYFILE_EXCL);
		} catch (cause) {
			throw new XMLSocketError("XMLSOCKET_FILE_NOT_WRITTEN", `${to} cannot be written: ${(cause as Error).message}.`, {
				cause,
			});
		}
		process.stdout.write(json ? `${JSON.stringify({ file: to })}\n` : `wrote ${to}\n`);
	}
	if (!json) process.stdout.write(`\nNext: ${chosen.next}\n`);
}

function list(json: boolean): string {
	const kinds = Object.entries(INIT_KINDS);
	if (json) return kinds.map(([kind, { about, files }]) => `${JSON.stringify({ kind, about, files })}\n`).join("");
	const width = Math.max(...kinds.map(([kind]) => kind.length));
	const rows = kinds.map(([kind, { about }]) => `  ${kind.padEnd(width)}  ${about}`);
	return `xmlsocket init KIND writes files to start from into this folder:\n\n${rows.join("\n")}\n`;
}
