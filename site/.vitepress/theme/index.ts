// VitePress's own theme with the fonts of the system, and the element of the live demo.

import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme-without-fonts";
import "./style.css";

export default {
	extends: DefaultTheme,
	enhanceApp() {
		if (!import.meta.env.SSR && !customElements.get("live-demo")) customElements.define("live-demo", demoElement());
	},
} satisfies Theme;

/** The demo's code loads when the element comes into view. */
function demoElement(): CustomElementConstructor {
	return class LiveDemo extends HTMLElement {
		#observer: IntersectionObserver | undefined = undefined;
		#end: (() => void) | undefined = undefined;

		connectedCallback(): void {
			this.#observer = new IntersectionObserver((entries) => {
				if (entries.some((entry) => entry.isIntersecting)) void this.#start();
			});
			this.#observer.observe(this);
		}

		disconnectedCallback(): void {
			this.#observer?.disconnect();
			this.#end?.();
			this.#end = undefined;
			this.replaceChildren();
		}

		async #start(): Promise<void> {
			this.#observer?.disconnect();
			const { startDemo } = await import("../../demo/demo.ts");
			if (this.isConnected) this.#end = startDemo(this);
		}
	};
}
