// Diagnosis of a raw port, with or without TLS: what answers there, its policy file, and its documents. Without `send`, it sends only what
// Flash Player sends to any server, a policy request, and a TLS handshake if the port ended the connection without a word.

import { openRaw, RawConnection } from "../../transport/index.ts";
import type { PolicyReport } from "../policy.ts";
import { type Checks, hostPort, quoted } from "./diagnosis.ts";
import { checkExchange, greetingOf } from "./exchange.ts";
import { fetchPolicies, judgePolicy } from "./policy-hop.ts";
import { type Endpoint, reach } from "./reach.ts";
import type { Settings } from "./settings.ts";
import { checkTls } from "./tls.ts";
import { rawWire, type Wire } from "./wire.ts";

const DOCUMENT_HOPS = ["answer", "terminator", "encoding", "split"];

/** Where the server is. */
export interface RawPlace {
	readonly host: string;
	readonly port: number;
	readonly secure: boolean;
}

/** Checks all hops to a raw port. */
export async function diagnoseRaw({ host, port, secure }: RawPlace, settings: Settings, checks: Checks): Promise<void> {
	const where = hostPort(host, port);
	if (port < 1024)
		checks.pass(
			"port",
			`Port ${port} is below 1024.`,
			"Flash Player connects to it only with a policy file from a port below 1024, usually 843. Server-Side ActionScript never does. Ruffle does.",
		);
	else checks.pass("port", `Port ${port} is one that Flash content can use.`);
	const endpoint = await reach(host, port, settings, checks);
	const rest = ["service", "policy", ...DOCUMENT_HOPS];
	if (!endpoint) {
		if (secure) checks.skipAll(["tls", "certificate"], "Nothing accepts a connection.");
		return checks.skipAll(rest, "Nothing accepts a connection.");
	}
	if (secure && !(await checkTls(endpoint, "xmlsocket://", settings, checks)))
		return checks.skipAll(rest, "There is no TLS connection.");
	const open = async (): Promise<Wire | undefined> => {
		const { address } = endpoint;
		const { timeoutMs, signal, ca } = settings;
		const connection = await openRaw({
			address,
			port,
			timeoutMs,
			signal,
			...(secure ? { tls: { name: host, ca } } : {}),
		});
		return connection instanceof RawConnection ? rawWire(connection) : undefined;
	};
	const first = await open();
	if (first) await greetingOf(first, settings);
	const greeting = first?.received ?? Buffer.alloc(0);
	const endedAtOnce = !first || (first.ended && greeting.length === 0);
	const isOther = GREETINGS.some(([pattern]) => pattern.test(greeting.toString("latin1", 0, 200)));
	const policies = secure || isOther || endedAtOnce ? undefined : await fetchPolicies(endpoint.address, port, settings);
	const isServer = endedAtOnce
		? serviceEnded(where, checks)
		: await checkService(greeting, policies, endpoint, settings, checks);
	if (secure) checks.skip("policy", "Flash Player requests policy files without TLS, from port 843.");
	else if (!policies || !isServer) checks.skip("policy", "This is not an XMLSocket server, or it cannot be reached.");
	else checks.add("policy", judgePolicy(policies, host, port, settings));
	if (!isServer) {
		first?.destroy();
		checks.skipAll(DOCUMENT_HOPS, "This is not an XMLSocket server, or it cannot be reached.");
	} else await checkExchange(await fresh(first!), open, settings, checks);
	checks.skip(
		"ruffle",
		`Ruffle in a page opens only WebSockets, so it needs a gateway to this port: \`xmlsocket gateway ${where}\`. To check a page, give its address: \`xmlsocket doctor https://…\`.`,
	);

	// The first connection has been idle while the policy files were requested; a server may have a deadline for the first document.
	async function fresh(idle: Wire): Promise<Wire> {
		if (settings.send === undefined) return idle;
		idle.destroy();
		const wire = (await open()) ?? idle;
		await greetingOf(wire, settings);
		return wire;
	}
}

function serviceEnded(where: string, checks: Checks): false {
	checks.fail(
		"service",
		`${where} accepts the connection and ends it at once, without sending anything.`,
		"Something in front of the server, such as a container's port, a proxy or a firewall, accepts connections while the server itself does not run; or the server refuses this computer. Start the server, and look at its log.",
	);
	return false;
}

/** Services that begin to talk by themselves. */
const GREETINGS: readonly (readonly [pattern: RegExp, name: string])[] = [
	[/^SSH-/, "SSH (remote login)"],
	[/^220[ -].*(?:smtp|mail|esmtp)/i, "a mail server (SMTP)"],
	[/^220[ -]/, "an FTP or mail server"],
	[/^\* OK/, "a mail server (IMAP)"],
	[/^\+OK/, "a mail server (POP3)"],
	[/^[^<].{3}\n[58]\.\d/s, "a MySQL database"],
	[/^RFB \d/, "a VNC server (remote desktop)"],
	[/^HTTP\/1/, "a web server"],
];

async function checkService(
	greeting: Buffer,
	policy: PolicyReport | undefined,
	endpoint: Endpoint,
	settings: Settings,
	checks: Checks,
): Promise<boolean> {
	const { host, port } = endpoint;
	const where = hostPort(host, port);
	const said = greeting.toString("latin1", 0, 200);
	const other = GREETINGS.find(([pattern]) => pattern.test(said));
	if (other) {
		checks.fail(
			"service",
			`${where} is ${other[1]}, not an XMLSocket server: ${quoted(said, 60)}.`,
			"Check the port: the game server has another one.",
		);
		return false;
	}
	const place = policy?.places.find((each) => each.port === port);
	const answer = place?.fetched?.text ?? "";
	if (/^HTTP\/1/.test(answer)) {
		checks.fail(
			"service",
			`${where} is a web server (HTTP), not an XMLSocket server.`,
			`Check the port. If it is a WebSocket gateway, check ws://${where}/PATH; if it has a page with the game, check http://${where}/.`,
		);
		return false;
	}
	const hasEndedWithoutAnswer = place?.fetched?.outcome === "closed";
	if (
		answer.startsWith("\u0015\u0003") ||
		(hasEndedWithoutAnswer && greeting.length === 0 && (await hasTls(endpoint, settings)))
	) {
		checks.fail(
			"service",
			`${where} expects TLS, and the address is one without TLS.`,
			`Check xmlsockets://${where}, or wss://${where}/PATH for a WebSocket gateway. Flash content's XMLSocket has no TLS: it needs a port without, or a gateway.`,
		);
		return false;
	}
	if (greeting.length > 0)
		checks.pass(
			"service",
			`A server answers, and begins with ${quoted(settings.codec.decode(greeting, 0, greeting.length), 60)}.`,
		);
	else if (place?.usable)
		checks.pass(
			"service",
			"An XMLSocket server answers: it serves a policy file, and waits for the client's first document.",
		);
	else
		checks.pass(
			"service",
			"A server accepts the connection and waits for the client's first document, as XMLSocket servers do.",
		);
	return true;
}

async function hasTls({ host, address, port }: Endpoint, { timeoutMs, signal }: Settings): Promise<boolean> {
	const result = await openRaw({ address, port, timeoutMs, signal, tls: { name: host } });
	if (result instanceof RawConnection) result.destroy();
	return result instanceof RawConnection;
}
