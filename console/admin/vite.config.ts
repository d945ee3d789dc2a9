// The admin page, bundled into a folder of its own: it is served only where the admin API is. Beside it is the licence of the library that it
// contains.

import { readFileSync } from "node:fs";
import { bundleOf } from "../bundle.config.ts";

const bundle = bundleOf(new URL(".", import.meta.url), ["index.html"], "../../dist/admin-page");

export default {
	...bundle,
	plugins: [
		...(bundle.plugins ?? []),
		{
			name: "licence",
			generateBundle(this: { emitFile(file: object): void }): void {
				const source = readFileSync(new URL("../../node_modules/uplot/LICENSE", import.meta.url), "utf8");
				this.emitFile({ type: "asset", fileName: "uplot-licence.txt", source });
			},
		},
	],
};
