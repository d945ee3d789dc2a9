// The script that replaces ruffle.js when the package is not installed. It shows a message across the page, because Flash content without
// Ruffle is only a white area. It is a separate file, so that it also runs in pages that allow no inline scripts.

import { RUFFLE_INSTALL } from "../ruffle-package.ts";

/** The path of the script. */
export const MISSING_RUFFLE_PATH = "/ruffle/missing.js";

/** The script. */
export const MISSING_RUFFLE_SCRIPT = `(() => {
	const words = "Ruffle is not installed, so the Flash content of this page does not run. In the folder where xmlsocket was started: ${RUFFLE_INSTALL}. Then load this page again.";
	console.error(words);
	const show = () => {
		const bar = document.createElement("p");
		bar.setAttribute("role", "alert");
		bar.textContent = words;
		Object.assign(bar.style, { position: "fixed", zIndex: "2147483647", inset: "0 0 auto 0", margin: "0", padding: "12px 16px", background: "#a3321f", color: "#fff", font: "16px/1.5 system-ui, sans-serif" });
		document.documentElement.append(bar);
	};
	if (document.readyState === "loading") addEventListener("DOMContentLoaded", show);
	else show();
})();
`;
