// The Flash client of the demo: the repository's SWF in Ruffle, whose socket leads to the server in the page. Ruffle loads when the user
// asks for it, because it is large.

import { button, make } from "../../console/dom.ts";
import type { SocketProxyEntry } from "../../src/browser/index.ts";

/** What this page uses of Ruffle 0.6. */
interface Player extends HTMLElement {
	ruffle(): { load(options: object): Promise<void> };
}
interface Ruffle {
	config?: object;
	newest?(): { createPlayer(): Player } | null;
}

/** What the SWF connects to: an address that exists only in this page. */
export const FLASH_HOST = "localhost";
export const FLASH_PORT = 9000;

const RUFFLE = `${import.meta.env.BASE_URL}ruffle/`;
const CONFIG = {
	publicPath: RUFFLE,
	preferredRenderer: "canvas",
	deviceFontRenderer: "canvas",
	autoplay: "on",
	unmuteOverlay: "hidden",
	splashScreen: false,
	letterbox: "off",
	contextMenu: "off",
	openUrlMode: "deny",
	allowScriptAccess: false,
	polyfills: false,
	logLevel: "warn",
};

/** Shows the button in `stage`; the player takes its place. */
export function flashPane(stage: HTMLElement, socketProxy: readonly SocketProxyEntry[]): void {
	const start = button("Start the Flash client", "demo-start", () => {
		start.disabled = true;
		note.textContent = "Loading Ruffle…";
		play(stage, socketProxy).catch((error: unknown) => {
			start.disabled = false;
			note.textContent = `The player could not start: ${String(error)}`;
		});
	});
	const note = make("p", "demo-note", "It loads Ruffle, about 14 MB, from this site.");
	note.setAttribute("role", "status");
	stage.replaceChildren(make("div", "demo-offer", start, note));
}

async function play(stage: HTMLElement, socketProxy: readonly SocketProxyEntry[]): Promise<void> {
	const player = (await loadRuffle()).newest?.()?.createPlayer();
	if (!player) throw new Error("the script is not Ruffle.");
	player.setAttribute("aria-label", "The Flash client");
	stage.replaceChildren(player);
	await player.ruffle().load({
		...CONFIG,
		url: new URL("../../flash/chat.swf", import.meta.url).href,
		socketProxy,
		parameters: {
			host: FLASH_HOST,
			port: String(FLASH_PORT),
			room: "lobby",
			name: "flash",
			theme: document.documentElement.classList.contains("dark") ? "dark" : "light",
		},
	});
	player.focus();
}

let loading: Promise<Ruffle> | undefined;

function loadRuffle(): Promise<Ruffle> {
	loading ??= new Promise((resolve, reject) => {
		const page = globalThis as unknown as { RufflePlayer?: Ruffle };
		page.RufflePlayer = { config: CONFIG };
		const script = document.createElement("script");
		script.src = `${RUFFLE}ruffle.js`;
		script.addEventListener("load", () => resolve(page.RufflePlayer!));
		script.addEventListener("error", () => {
			loading = undefined;
			reject(new Error(`${script.src} did not load.`));
		});
		document.head.append(script);
	});
	return loading;
}
