// Makes the SWFs in flash/ from their sources beside them: greeter.swf from ActionScript 2 by our own compiler.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { movie } from "../flash/swf.js";

const folder = join(import.meta.dirname, "../flash");

const greeter = movie(readFileSync(join(folder, "greeter.as"), "utf8"));
writeFileSync(join(folder, "greeter.swf"), greeter);
console.log(`flash/greeter.swf: ${greeter.length} bytes`);
