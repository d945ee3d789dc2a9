// `<topic room="lobby">…</topic>`: sets the topic. Operators, or everyone where the server's options say so.

import { ackDocument, topicDocument } from "../documents.ts";
import { idOf, roomOf, textOf } from "../incoming.ts";
import { checkOperator } from "../operator.ts";
import { checkOutgoing } from "../outgoing-size.ts";
import type { Handler } from "./handler.ts";

export const topic: Handler = {
	element: "topic",
	readsContent: true,
	handle(session, root) {
		const room = session.chat.joinedRoom(roomOf(root), session);
		if (session.chat.settings.topics === "operators") checkOperator(session, "set the topic");
		room.checkMaySpeak(session);
		const id = idOf(root);
		const text = textOf(root);
		checkOutgoing(session, text, () => topicDocument(room.name, session.name, text));
		room.setTopic(session.name, text);
		session.chat.deployment?.topicSet(room.name, session.name, text);
		if (id !== undefined) session.send(ackDocument(id));
	},
};
