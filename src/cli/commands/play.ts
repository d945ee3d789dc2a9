// `xmlsocket play`: shows a SWF in the browser with its sockets connected, until a signal.

import { fileURLToPath } from "node:url";
import { createPlay, type Play } from "../../gateway/play/play-server.ts";
import { RUFFLE_INSTALL } from "../../gateway/ruffle-package.ts";
import { openRecordingWriter, type RecordingWriter } from "../../tools/recording/index.ts";
import { quoteForShell } from "../../tools/traffic/index.ts";
import { commandName, framed, styles } from "../banner-parts.ts";
import { openBrowser } from "../open-browser.ts";
import { type PlaySettings, playSchema } from "../play-schema.ts";
import { makeLog } from "../server-process.ts";
import { resolveSettings } from "../settings.ts";

/** Runs until SIGINT or SIGTERM. */
export async function play(movie: string, flags: Record<string, unknown>, version: string): Promise<void> {
	const begun = performance.now();
	// The configuration file in the folder is the daemon's; its port is not the page's.
	const { values } = resolveSettings(playSchema, flags, process.env, false);
	const settings = values as PlaySettings;
	const log = makeLog(settings);
	let recording: RecordingWriter | undefined;
	const playing = createPlay({
		movie,
		allow: settings.allow,
		parameters: Object.fromEntries(
			settings.param.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]),
		),
		port: settings.port,
		dialTimeoutMs: settings.dialTimeoutMs,
		learn: settings.learn,
		encoding: settings.encoding,
		command: [commandName(), ...process.argv.slice(2).map(quoteForShell)].join(" "),
		pages: fileURLToPath(new URL("../../console/", import.meta.url)),
		onEvent: (event) => recording?.write(event),
		log,
	});
	if (settings.record !== undefined) {
		const onError = (error: Error): void => log.error({ err: error }, "the recording ends");
		recording = await openRecordingWriter(settings.record, playing.info, { onError });
	}
	await playing.server.listen();
	const stopped = signalled(playing);
	const url = `http://localhost:${playing.server.port}/`;
	if (flags.json) {
		const targets = playing.gateway.targets.map((target) => target.name);
		process.stdout.write(`${JSON.stringify({ event: "listening", url, port: playing.server.port, movie, targets })}\n`);
	} else process.stdout.write(await banner(playing, url, version, begun));
	if (settings.open)
		openBrowser(url, (words) => process.stderr.write(`No browser could be opened (${words}): open ${url} yourself.\n`));
	await stopped;
	await recording?.close();
	process.exit(0);
}

// Before anything is printed: who starts the command may end it as soon as it is ready.
function signalled({ server }: Play): Promise<void> {
	return new Promise((resolve) => {
		for (const signal of ["SIGINT", "SIGTERM"] as const)
			process.on(signal, () => void server.close({ graceMs: 0 }).then(resolve, resolve));
	});
}

async function banner({ movie, gateway, ruffle }: Play, url: string, version: string, begun: number): Promise<string> {
	const targets = gateway.targets.map(({ name, host, port }) =>
		name.endsWith(`:${port}`) ? name : `${name} (${host}:${port})`,
	);
	const tookMs = performance.now() - begun;
	const warnings: string[] = [];
	const problem = await movie.problem();
	if (problem !== undefined) warnings.push(problem);
	if (!ruffle.installed()) warnings.push(`Ruffle, which plays the movie, is not installed: ${RUFFLE_INSTALL}`);
	if (targets.length === 0)
		warnings.push("The movie may reach no server: the page shows what it requests, and --allow HOST:PORT allows it.");
	const rows: [string, string][] = [
		["Movie", movie.name],
		["Page", styles().cyan(url)],
		["May reach", targets.length > 0 ? targets.join(", ") : "nothing"],
	];
	return framed(version, tookMs, { rows, warnings });
}
