// `<ping id="7" />`: is answered at once.

import { pingDocument } from "../documents.ts";
import { idOf } from "../incoming.ts";
import type { Handler } from "./handler.ts";

export const ping: Handler = {
	element: "ping",
	openToAll: true,
	handle(_chat, client, root) {
		client.send(pingDocument("pong", idOf(root)));
	},
};
