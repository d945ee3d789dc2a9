// Makes the movies in flash/ and examples/ from their sources and writes them there: `npm run flash`.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chat, game, greeter, HAXE, haxeVersion } from "../flash/build.js";

function write(name, bytes) {
	writeFileSync(join(import.meta.dirname, "..", name), bytes);
	console.log(`${name}: ${bytes.length} bytes`);
}

write("flash/greeter.swf", greeter());
write("examples/relay-game/site/game.swf", game());
const found = haxeVersion();
if (found === HAXE) write("flash/chat.swf", chat());
else {
	console.log(
		`flash/chat.swf was left as it is: it is made with Haxe ${HAXE} (Debian 12: apt-get install haxe), and ${found ? `Haxe ${found}` : "no Haxe"} is installed.`,
	);
}
