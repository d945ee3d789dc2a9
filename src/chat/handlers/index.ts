// The dispatch table: every element that a client may send, and its handler.

import { ban } from "./ban.ts";
import type { Handler } from "./handler.ts";
import { hello } from "./hello.ts";
import { history } from "./history.ts";
import { join } from "./join.ts";
import { kick } from "./kick.ts";
import { leave } from "./leave.ts";
import { mute } from "./mute.ts";
import { ping } from "./ping.ts";
import { pong } from "./pong.ts";
import { rooms } from "./rooms.ts";
import { say } from "./say.ts";
import { send } from "./send.ts";
import { tell } from "./tell.ts";
import { topic } from "./topic.ts";
import { who } from "./who.ts";

/** Handlers by element name. A Map, so that no element is found in a prototype. */
export const HANDLERS: ReadonlyMap<string, Handler> = new Map(
	[ban, hello, history, join, kick, leave, mute, ping, pong, rooms, say, send, tell, topic, who].map((handler) => [
		handler.element,
		handler,
	]),
);
