// `<mute room="lobby" name="bob" for="600" />`: an operator keeps a name, and the person who has it now, silent in a room for
// some seconds.

import type { Handler } from "./handler.ts";
import { sanctionHandler } from "./sanction.ts";

export const mute: Handler = sanctionHandler("mute");
