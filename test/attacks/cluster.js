// The chat's attacks again, on a daemon that keeps its rooms in NATS JetStream.

import { canRun } from "../faults/processes.js";
import { CHAT } from "./chat.js";
import { MEMORY } from "./memory.js";
import { CLUSTER_DAEMON } from "./targets.js";

const AGAIN = [
	"say-flood-live",
	"say-flood-stored",
	"say-flood-with-ids",
	"say-ampersands",
	"say-large-stored",
	"tell-flood",
	"tell-nobody",
	"room-flood",
	"join-leave-churn",
	"join-churn-by-connection",
	"rename-churn",
	"session-storm",
	"history-flood",
	"history-flood-deaf",
	"rooms-flood",
	"own-ids",
	"sessions-left-behind",
];

export const CLUSTER = [...CHAT, ...MEMORY]
	.filter(({ name }) => AGAIN.includes(name))
	.map(({ weakened: _, ...attack }) => ({
		...attack,
		name: `cluster-${attack.name}`,
		what: `${attack.what}; the rooms are in NATS`,
		target: CLUSTER_DAEMON,
		absent: () => (canRun("nats-server", "--version") ? undefined : "nats-server is missing"),
	}));
