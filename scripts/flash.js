// Makes the movies in flash/ from their sources and writes them there: `npm run flash`.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chat, greeter, HAXE, haxeVersion } from "../flash/build.js";

function write(name, bytes) {
	writeFileSync(join(import.meta.dirname, "../flash", name), bytes);
	console.log(`flash/${name}: ${bytes.length} bytes`);
}

write("greeter.swf", greeter());
const found = haxeVersion();
if (found === HAXE) write("chat.swf", chat());
else {
	console.log(
		`flash/chat.swf was left as it is: it is made with Haxe ${HAXE} (Debian 12: apt-get install haxe), and ${found ? `Haxe ${found}` : "no Haxe"} is installed.`,
	);
}
