// `xmlsocket inspect`: an inspector whose traffic is printed, and recorded if wanted, until a signal. What it prints on standard output are events;
// all else is on standard error.

import { fileURLToPath } from "node:url";
import { XMLSocketError } from "../../errors/index.ts";
import {
	createInspector,
	createLivePage,
	type Inspector,
	type LivePage,
	parseListenAddress,
	TrafficHints,
} from "../../tools/inspect/index.ts";
import { createMask } from "../../tools/traffic/index.ts";
import { textCodec } from "../../transport/index.ts";
import { terminatorBytes } from "../../wire/index.ts";
import { urlHost } from "../banner-parts.ts";
import { painterFor } from "../colour.ts";
import { secured } from "../open-connection.ts";
import { TrafficReport, type TrafficReportFlags } from "../traffic-report.ts";

/** The flags of `inspect`. */
export interface InspectFlags extends TrafficReportFlags {
	readonly tlsCert?: string;
	readonly tlsKey?: string;
	readonly tls?: boolean;
	readonly insecure?: boolean;
	readonly origin?: string;
	readonly policy: string;
	/** Where the live page is served; true: on any free port of localhost. */
	readonly web?: string | true;
}

const HINT_MS = 2000;

/** Runs until SIGINT or SIGTERM. */
export async function inspect(listenText: string, targetText: string, flags: InspectFlags): Promise<void> {
	const target = flags.tls ? secured(targetText) : targetText;
	if (flags.policy !== "auto" && flags.policy !== "off")
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `--policy must be auto or off, but is "${flags.policy}".`);
	if ((flags.tlsCert === undefined) !== (flags.tlsKey === undefined))
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "--tls-cert and --tls-key belong together.");
	const report = new TrafficReport(flags);
	const inspector = createInspector({
		listen: parseListenAddress(listenText),
		target,
		terminator: flags.terminator,
		tls:
			flags.tlsCert !== undefined && flags.tlsKey !== undefined
				? { cert: flags.tlsCert, key: flags.tlsKey }
				: undefined,
		insecure: flags.insecure === true,
		origin: flags.origin,
		policy: flags.policy,
		onEvent(event) {
			report.add(event);
			live?.add(event);
		},
		onHeld: () => live?.heldChanged(),
	});
	const live = flags.web === undefined ? undefined : livePage(flags.web, inspector, target, flags);
	await inspector.listen();
	const { host, port } = inspector.address;
	const address = `${urlHost(host)}:${port}`;
	try {
		await report.begin({
			startedMs: inspector.startedMs,
			terminator: terminatorBytes(flags.terminator),
			encoding: flags.encoding,
			listen: address,
			target,
		});
		await live?.listen().catch((error: unknown) => {
			throw aboutWeb(error);
		});
	} catch (error) {
		await inspector.close();
		throw error;
	}
	const stopped = signalled(inspector);
	note(`Listening on ${address}; connections lead to ${target}. Ctrl-C ends it and prints statistics.`);
	if (live) note(`The live page is at ${live.url}`);
	const hints = new TrafficHints({
		terminator: flags.terminator,
		encoding: flags.encoding,
		port,
		targetPort: Number(/:(\d+)(?:[/?]|$)/.exec(target)?.[1] ?? /^\d+$/.exec(target)?.[0] ?? port),
	});
	report.onShown = (event, decoded) => hint(hints.ofEvent(event, decoded));
	const timer = setInterval(() => hint(hints.ofConnections(inspector.connections())), HINT_MS);
	await stopped;
	await live?.close();
	clearInterval(timer);
	await report.end();
	process.exit(0);
}

function livePage(web: string | true, inspector: Inspector, target: string, flags: InspectFlags): LivePage {
	const codec = textCodec(flags.encoding);
	return createLivePage({
		...(web === true ? {} : parseListenAddress(web)),
		pages: fileURLToPath(new URL("../../console/", import.meta.url)),
		controls: inspector,
		mask: createMask(flags.mask ?? [], { encode: (name) => codec.encode(name) }),
		info: {
			// Known once the inspector listens, before a page can ask.
			get startedMs() {
				return inspector.startedMs;
			},
			get listen() {
				return `${urlHost(inspector.address.host)}:${inspector.address.port}`;
			},
			terminator: terminatorBytes(flags.terminator),
			encoding: flags.encoding,
			target,
		},
	});
}

// A server's error names the flag of its own port.
function aboutWeb(error: unknown): unknown {
	if (!(error instanceof XMLSocketError)) return error;
	const { code, message, details } = error;
	return new XMLSocketError(code, message.replace("--port", "--web"), { cause: error, details });
}

/** Closes the inspector at the first signal; a second one ends the process at once. */
function signalled(inspector: Inspector): Promise<void> {
	return new Promise((resolve) => {
		let signals = 0;
		for (const signal of ["SIGINT", "SIGTERM"] as const)
			process.on(signal, () => {
				if (++signals > 1) process.exit(0);
				inspector.close().then(resolve, resolve);
			});
	});
}

function hint(text: string | undefined): void {
	if (text !== undefined) note(`Hint: ${text}`);
}

function note(text: string): void {
	process.stderr.write(`${painterFor(process.stderr)("dim", text)}\n`);
}
