// The page of the Flash client: it loads the SWF into Ruffle, and connects the SWF's socket to this server's WebSocket. If Ruffle is not
// installed on the server, the page shows how to install it.

import { byId } from "./dom.ts";

/** What this page uses of Ruffle 0.6. */
interface Player extends HTMLElement {
	ruffle(): {
		load(options: object): Promise<void>;
		callExternalInterface(name: string, ...values: unknown[]): unknown;
	};
}
interface Ruffle {
	config?: object;
	newest?(): { createPlayer(): Player } | null;
}
declare global {
	interface Window {
		RufflePlayer?: Ruffle;
	}
}

const CONFIG = {
	// Enough for text and a few boxes; it starts fast and needs no graphics card.
	preferredRenderer: "canvas",
	// The browser's own fonts, with all that they can write, in place of the built-in one.
	deviceFontRenderer: "canvas",
	autoplay: "on",
	unmuteOverlay: "hidden",
	splashScreen: false,
	letterbox: "off",
	contextMenu: "off",
	openUrlMode: "deny",
	// The SWF is this server's own: the page tells it which palette the reader prefers.
	allowScriptAccess: true,
	polyfills: false,
	logLevel: "warn",
};
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

const darkness = matchMedia("(prefers-color-scheme: dark)");
const stage = byId("stage", HTMLElement);
window.RufflePlayer = { config: CONFIG };
const script = document.createElement("script");
script.src = new URL(/* @vite-ignore */ "../ruffle/ruffle.js", import.meta.url).href;
script.addEventListener("load", () => {
	play().catch((error: unknown) => showError(`The player could not start: ${String(error)}`));
});
script.addEventListener("error", () => stage.replaceChildren(byId("absent", HTMLTemplateElement).content));
document.head.append(script);

async function play(): Promise<void> {
	const player = window.RufflePlayer?.newest?.()?.createPlayer();
	if (!player) return showError(`The player could not start: the script at ${script.src} is not Ruffle.`);
	player.setAttribute("aria-label", "Chat");
	stage.replaceChildren(player);
	const host = location.hostname;
	const port = Number(location.port) || DEFAULT_PORTS[location.protocol]!;
	const proxy = new URL(/* @vite-ignore */ "../socket", import.meta.url);
	proxy.protocol = location.protocol === "https:" ? "wss:" : "ws:";
	await player.ruffle().load({
		...CONFIG,
		// Before the first frame is drawn.
		backgroundColor: getComputedStyle(document.body).backgroundColor,
		url: new URL("../flash/chat.swf", import.meta.url).href,
		// Ruffle searches for exactly the host and the port that the SWF names.
		socketProxy: [{ host, port, proxyUrl: proxy.href }],
		parameters: { host, port: String(port), room: roomOfAddress(), theme: theme() },
	});
	darkness.addEventListener("change", () => player.ruffle().callExternalInterface("theme", theme()));
	player.focus();
}

function theme(): string {
	return darkness.matches ? "dark" : "light";
}

function roomOfAddress(): string {
	try {
		return decodeURIComponent(location.hash.slice(1)).normalize("NFC").slice(0, 64) || "lobby";
	} catch {
		return "lobby";
	}
}

function showError(words: string): void {
	const status = document.createElement("p");
	status.className = "error";
	status.textContent = words;
	stage.replaceChildren(status);
}
