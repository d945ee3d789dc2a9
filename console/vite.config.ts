// The pages that a server, `play` and `inspect` serve, bundled into dist/console.

import { bundleOf } from "./bundle.config.ts";

export default bundleOf(
	new URL(".", import.meta.url),
	["index.html", "flash.html", "play.html", "inspect.html"],
	"../dist/console",
);
