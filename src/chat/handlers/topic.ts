// `<topic room="lobby">…</topic>`: sets the topic. For operators, or for everyone with the option `topics`.

import { XMLSocketError } from "../../errors/index.ts";
import { ackDocument } from "../documents.ts";
import { idOf, roomOf, textOf } from "../incoming.ts";
import { checkOperator } from "../moderation.ts";
import type { Handler } from "./handler.ts";

/** A room keeps its topic, and sends it to everyone who joins. */
const MAX_TOPIC_BYTES = 1024;
const encoder = new TextEncoder();

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
		chat.pace.check(client, text.length, room);
		checkTopic(text);
		const { name: roomName } = room;
		const message = {
			kind: "topic",
			from: by,
			operator: client.operator,
			room: roomName,
			to: undefined,
			text,
		} as const;
		return chat.filters.check(message, (checked) => {
			if (client.gone) return;
			checkTopic(checked);
			client.peer.checkText(checked);
			const here = chat.rooms.joined(roomName, client);
			const topic = { by, text: checked };
			const stored = chat.states.setTopic(roomName, topic);
			here.setTopic(topic);
			return stored.then(() => {
				if (id !== undefined && !client.gone) client.send(ackDocument(id));
			});
		});
	},
};

function checkTopic(text: string): void {
	if (text.length * 3 <= MAX_TOPIC_BYTES) return;
	const bytes = encoder.encode(text).length;
	if (bytes <= MAX_TOPIC_BYTES) return;
	throw new XMLSocketError(
		"XMLSOCKET_TOPIC_TOO_LONG",
		`A topic has at most ${MAX_TOPIC_BYTES} bytes; this one has ${bytes}.`,
		{ details: { limitBytes: MAX_TOPIC_BYTES } },
	);
}
