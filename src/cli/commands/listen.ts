// `xmlsocket listen`: prints the documents that arrive; for scripts.

import { countDocuments, numberOf, openConnection, printer, reportSurprises } from "../open-connection.ts";

/** Ends with exit code 1 if fewer than `-C` documents arrive. */
export async function listen(address: string, flags: Record<string, unknown>): Promise<void> {
	const count = numberOf(flags.count, "--count");
	const withinSeconds = numberOf(flags.within, "--within");
	const connection = await openConnection(address, flags);
	reportSurprises(connection, flags);
	process.once("SIGINT", () => void connection.close());
	for (const document of (flags.execute as string[] | undefined) ?? []) connection.send(document);
	const timer =
		withinSeconds === undefined ? undefined : setTimeout(() => void connection.close(), withinSeconds * 1000);
	const received = await countDocuments(connection, count ?? Number.POSITIVE_INFINITY, printer(flags));
	clearTimeout(timer);
	await connection.close();
	const { error } = await connection.closed;
	if (count !== undefined && received < count) {
		process.stderr.write(`xmlsocket: ${received} of ${count} documents arrived${error ? `: ${error.message}` : "."}\n`);
		process.exitCode = 1;
	} else if (error && count === undefined) throw error;
}
