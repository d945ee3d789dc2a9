// `<topic room="lobby">…</topic>`: sets the topic. For operators, or for everyone with the option `topics`.

import { ackDocument, topicDocument } from "../documents.ts";
import { idOf, roomOf, textOf } from "../incoming.ts";
import { checkOperator } from "../moderation.ts";
import { checkOutgoing } from "../outgoing-size.ts";
import type { Handler } from "./handler.ts";

export const topic: Handler = {
	element: "topic",
	readsContent: true,
	handle(chat, client, root) {
		const room = chat.rooms.joined(roomOf(root), client);
		if (chat.settings.topics === "operators") checkOperator(client, "set the topic");
		chat.moderation.checkMaySpeak(room.name, client);
		const id = idOf(root);
		const text = textOf(root);
		const by = client.name;
		checkOutgoing(chat, client, text, () => topicDocument(room.name, by, text));
		room.setTopic({ by, text });
		chat.cluster.topicChanged(room.name, { by, text });
		if (id !== undefined) client.send(ackDocument(id));
	},
};
