// The replacement of ruffle.js in a page where the package is not installed: a line across the page that says so, for a page whose
// Flash content stays white says nothing. It is a file of its own, so that it also runs where a page allows no inline scripts.

import { RUFFLE_INSTALL } from "../ruffle-package.ts";

/** Where it is: beside what is missing. */
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
