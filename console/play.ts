// The page of `xmlsocket play`: it loads the movie into Ruffle, whose sockets the script /ruffle-config.js has configured, and shows the
// state of the sockets next to it. If the movie cannot play, the page shows the reason instead, with what to do.

import { quoteForShell } from "../src/tools/traffic/index.ts";
import { byId } from "./dom.ts";
import { type FeedLine, type SocketLine, Sockets, socketName } from "./play-sockets.ts";
import { PlayTraffic } from "./play-traffic.ts";
import { announce, drawAllowed, drawSockets, note, type Problem, setState, showProblem } from "./play-view.ts";
import { watchConsole, watchWebSockets } from "./play-watch.ts";

/** The server's data for the page: the shape of `PlayFacts` in the gateway. */
interface Facts {
	readonly name: string;
	readonly path: string;
	readonly base: string;
	readonly problem: string | null;
	readonly install: string | null;
	readonly targets: readonly { readonly hosts: readonly string[]; readonly port: number }[];
	readonly parameters: Readonly<Record<string, string>>;
	readonly command: string;
}

/** What this page uses of Ruffle 0.6. */
interface Player extends HTMLElement {
	ruffle(): { load(options: object): Promise<void> };
}
interface Ruffle {
	config?: { socketProxy?: { host: string; port: number; proxyUrl: string }[] };
	newest?(): { createPlayer(): Player } | null;
}

// The root of the movie's site: a proxy may have it below a path.
const ROOT = new URL("..", location.href);
const CONFIG = {
	publicPath: new URL("ruffle/", ROOT).href,
	autoplay: "on",
	unmuteOverlay: "hidden",
	splashScreen: false,
	openUrlMode: "confirm",
	allowScriptAccess: false,
	polyfills: false,
	// The fonts of the system, as the Flash Player drew text; the built-in one has few alphabets.
	deviceFontRenderer: "canvas",
	// Without warnings, Ruffle does not report a host and port without an entry.
	logLevel: "warn",
};

byId("reload", HTMLButtonElement).addEventListener("click", () => location.reload());
document.addEventListener("securitypolicyviolation", (event) => {
	if (event.blockedURI.startsWith("http"))
		note(`${event.blockedURI}: the movie may load from its own folder, not from other sites.`);
});
start().catch((error: unknown) =>
	showProblem({ title: "The page could not start", words: String(error), hint: "Reload it." }),
);

async function start(): Promise<void> {
	const facts = await askForFacts();
	if (!facts) return;
	document.title = `${facts.name} · Play`;
	byId("name", HTMLElement).textContent = facts.name;
	drawAllowed(facts.targets.flatMap(({ hosts, port }) => hosts.map((host) => socketName({ host, port }))));
	const problem = problemOf(facts);
	if (problem) return showProblem(problem);
	// Before the page's WebSocket class is replaced.
	traffic = new PlayTraffic(announce);
	await listen();
	await load("ruffle-config.js");
	// The script creates a new configuration each time it is assigned; this page's own part goes beside it.
	const { RufflePlayer } = globalThis as { RufflePlayer?: Ruffle };
	const entries = RufflePlayer?.config?.socketProxy ?? [];
	// Several spellings have the same address. A number distinguishes them, so that the page can name the one that the movie requested.
	for (const [at, entry] of entries.entries()) entry.proxyUrl += `#${at}`;
	Object.assign(RufflePlayer?.config ?? {}, CONFIG);
	watch(facts, entries);
	await load("ruffle/ruffle.js");
	await play(facts);
}

async function askForFacts(): Promise<Facts | undefined> {
	try {
		const answer = await fetch("facts.json", { cache: "no-store" });
		if (answer.ok) return (await answer.json()) as Facts;
	} catch {
		// The server does not answer.
	}
	showProblem({
		title: "The server does not answer",
		words: "xmlsocket was stopped, or the network failed.",
		hint: "Start it again, then reload this page.",
	});
	return undefined;
}

function problemOf(facts: Facts): Problem | undefined {
	if (facts.problem !== null)
		return { title: "The movie cannot be played", words: facts.problem, hint: "Fix the problem, then reload." };
	if (facts.install !== null) {
		return {
			title: "Ruffle is not installed",
			words: "Ruffle plays Flash content in a page. It is an optional package.",
			hint: "In the folder where you started xmlsocket, run this, then reload:",
			command: facts.install,
		};
	}
	return undefined;
}

let sockets: Sockets | undefined;
let traffic: PlayTraffic | undefined;
let drawing = false;

function watch(facts: Facts, entries: readonly { host: string; port: number; proxyUrl: string }[]): void {
	sockets = new Sockets({
		entries,
		commandWith: (target) => `${facts.command} --allow ${quoteForShell(target)}`,
		changed: drawSoon,
		announce,
		isServerThere,
	});
	watchWebSockets(sockets);
	watchConsole(sockets);
}

// Draws once for all changes of a frame.
function drawSoon(): void {
	if (drawing) return;
	drawing = true;
	requestAnimationFrame(() => {
		drawing = false;
		drawSockets(sockets?.lines ?? [], { allow });
	});
}

// Resolves when the server sends events. Without them, the page continues with less information.
function listen(): Promise<void> {
	const feed = new EventSource("events");
	feed.addEventListener("message", (event) => sockets?.told(JSON.parse(event.data as string) as FeedLine));
	return new Promise((resolve) => {
		feed.addEventListener("open", () => resolve());
		feed.addEventListener("error", () => resolve());
	});
}

// The configuration of the sockets is read when the movie starts, so it must start again.
async function allow({ allow: target, host, port }: SocketLine): Promise<void> {
	const refusal = await traffic?.allow(target);
	if (refusal) announce(`${socketName({ host, port })} cannot be allowed: ${refusal.problem}`);
	else location.reload();
}

function load(path: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const script = document.createElement("script");
		script.src = new URL(path, ROOT).href;
		script.addEventListener("load", () => resolve());
		script.addEventListener("error", () => reject(new Error(`${path} did not load.`)));
		document.head.append(script);
	});
}

async function play(facts: Facts): Promise<void> {
	const { RufflePlayer } = globalThis as { RufflePlayer?: Ruffle };
	const player = RufflePlayer?.newest?.()?.createPlayer();
	if (!player) throw new Error("The script ruffle/ruffle.js is not Ruffle.");
	player.setAttribute("aria-label", facts.name);
	byId("stage", HTMLElement).replaceChildren(player);
	setState("starting the player…");
	try {
		await player.ruffle().load({ url: ofSite(facts.path), base: ofSite(facts.base), parameters: facts.parameters });
		setState("playing in Ruffle");
		player.focus();
	} catch (error) {
		player.remove();
		const cause = error instanceof Error && error.cause !== undefined ? ` (${String(error.cause)})` : "";
		const isPlayer = /wasm|webassembly|compile/i.test(`${String(error)}${cause}`);
		showProblem({
			title: isPlayer ? "The player did not load" : "The movie did not load",
			words: `${String(error)}${cause}`,
			hint: isPlayer
				? "Ruffle needs WebAssembly: use a current browser, and check that no proxy blocks /ruffle/*.wasm. Then reload."
				: "Check that it is a complete SWF file, then reload.",
		});
	}
}

/** A path of the movie's site as an address in this page. */
function ofSite(path: string): string {
	return new URL(`.${path}`, ROOT).href;
}

async function isServerThere(): Promise<boolean> {
	try {
		return (await fetch(ofSite("/healthz"), { cache: "no-store" })).ok;
	} catch {
		return false;
	}
}
