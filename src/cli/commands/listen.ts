// `xmlsocket listen`: prints the documents that arrive; for scripts.

import { XMLSocketError } from "../../errors/index.ts";
import type { Connection } from "../../index.ts";
import { documentFilter } from "../document-filter.ts";
import { documentFormat } from "../document-format.ts";
import { countDocuments, numberOf, openConnection, printer, reportSurprises } from "../open-connection.ts";

/** Ends with exit code 1 if fewer than `-C` documents arrive. */
export async function listen(address: string, flags: Record<string, unknown>): Promise<void> {
	const count = numberOf(flags.count, "--count");
	const withinSeconds = numberOf(flags.within, "--within");
	const print = listenPrinter(flags);
	const passes = documentFilter(flags.filter);
	const connection = await (flags.reconnect ? patientConnection(address, flags) : openConnection(address, flags));
	reportSurprises(connection, flags);
	process.once("SIGINT", () => void connection.close());
	const execute = (): void => {
		for (const document of (flags.execute as string[] | undefined) ?? []) connection.send(document);
	};
	execute();
	const { host, port } = connection.target;
	const tell = (text: string): void => void (flags.verbose && process.stderr.write(`xmlsocket: ${text}\n`));
	tell(`connected to ${host}:${port}`);
	connection.on("status", ({ type }) => {
		if (type === "connected") {
			tell(`connected to ${host}:${port} again`);
			execute();
		} else if (type === "disconnected") process.stderr.write("xmlsocket: the connection is lost; connecting again.\n");
	});
	const timer =
		withinSeconds === undefined ? undefined : setTimeout(() => void connection.close(), withinSeconds * 1000);
	const received = await countDocuments(connection, count ?? Number.POSITIVE_INFINITY, print, passes);
	clearTimeout(timer);
	await connection.close();
	const { by, error } = await connection.closed;
	tell(by === "remote" ? "the server ended the connection" : "the connection is closed");
	if (count !== undefined && received < count) {
		process.stderr.write(`xmlsocket: ${received} of ${count} documents arrived${error ? `: ${error.message}` : "."}\n`);
		process.exitCode = 1;
	} else if (error && count === undefined) throw error;
}

// A service may start before its server. The first failure is shown, because the address may be wrong.
async function patientConnection(address: string, flags: Record<string, unknown>): Promise<Connection> {
	try {
		return await openConnection(address, flags);
	} catch (error) {
		if (!(error instanceof XMLSocketError) || !/_CONNECT_(?:FAILED|TIMEOUT)$/.test(error.code)) throw error;
		process.stderr.write(`xmlsocket: ${error.message} Trying again.\n`);
		return await openConnection(address, { ...flags, retryFirst: true });
	}
}

function listenPrinter(flags: Record<string, unknown>): (text: string) => void {
	const format = documentFormat(flags.format);
	if (format && (flags.json || flags.pretty || flags.verbose)) {
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", "--format excludes --json, --pretty and --verbose.");
	}
	if (format) return (text) => process.stdout.write(`${format(text)}\n`);
	const print = printer(flags);
	if (!flags.verbose || flags.json) return print;
	return (text) => {
		process.stdout.write(`${new Date().toISOString()}  ${Buffer.byteLength(text)} B  `);
		print(text);
	};
}
