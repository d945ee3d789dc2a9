// Several attacks at once: each is bounded alone, and they must be so together.

import { CHAT } from "./chat.js";
import { CONNECTIONS } from "./connections.js";
import { DOCUMENTS } from "./documents.js";
import { HTTP } from "./http.js";
import { SLOW_READERS } from "./slow-readers.js";
import { WEB_SOCKET } from "./web-socket-attacks.js";

const ALL = [...CHAT, ...CONNECTIONS, ...DOCUMENTS, ...HTTP, ...SLOW_READERS, ...WEB_SOCKET];

/** @param {string} name @param {readonly string[]} parts @returns {import("./attacks.js").Written} */
function mixed(name, parts) {
	const attacks = parts.map((part) => ALL.find((attack) => attack.name === part));
	return {
		name,
		what: `at once: ${parts.join(", ")}`,
		run: (a) => Promise.all(attacks.map((attack) => attack?.run(a))),
	};
}

/** @type {readonly import("./attacks.js").Written[]} */
export const MIXED = [
	mixed("mixed-connections", ["connect-and-leave", "welcome-and-leave", "ws-handshake-flood", "http-get-connections"]),
	mixed("mixed-documents", ["bad-large-documents", "deep-nesting", "attribute-flood", "zero-bytes"]),
	mixed("mixed-chat", ["say-flood-live", "join-leave-churn", "rename-churn", "tell-flood"]),
	mixed("mixed-deaf", ["history-flood-deaf", "ping-flood-deaf", "http-pipelined-deaf", "ws-pings-deaf"]),
	mixed("mixed-all", [
		"connect-and-leave",
		"say-flood-stored",
		"ws-one-byte-frames",
		"http-pipelined",
		"bad-documents",
	]),
];
