// How --help groups the options of the commands that serve, and which of them only --help-all lists. An option that is not named here is in the last group,
// which --help-all lists.

/** A heading, the options below it that --help lists, and those that --help-all adds; by their keys in the schemas. */
export interface OptionGroup {
	readonly heading: string;
	readonly usual: readonly string[];
	readonly rare: readonly string[];
}

/** The groups in their order. */
export const OPTION_GROUPS: readonly OptionGroup[] = [
	{ heading: "Movie:", usual: ["allow", "param", "record"], rare: [] },
	{
		heading: "Address:",
		usual: ["port", "host", "tlsCert", "tlsKey", "trustProxy", "open"],
		rare: ["basePath", "sniff", "tlsTimeoutMs", "firstBytesTimeoutMs"],
	},
	{
		heading: "Rooms:",
		usual: ["rooms", "history", "data", "memory", "retain"],
		rare: ["createRooms", "greet", "topics", "maxRooms", "maxRoomsPerClient", "serverName"],
	},
	{ heading: "Instead of the chat:", usual: ["relay", "app"], rare: [] },
	{
		heading: "Scripts:",
		usual: ["watch", "scriptTimeoutMs", "scriptHeapMiB"],
		rare: [
			...["scriptRestartMs", "connectWaitMs", "maxQueuedDocuments"],
			...["httpHosts", "httpTimeoutMs", "maxHttpBytes"],
		],
	},
	{
		heading: "Flash content in pages:",
		usual: ["web", "targets", "learn"],
		rare: ["inject", "dialTimeoutMs", "maxMessageBytes"],
	},
	{
		heading: "Who can connect, and as whom:",
		usual: ["origin", "tokenFile", "loginKeys", "guests", "adminTokenFile", "policyPort"],
		rare: ["policy", "embed"],
	},
	{ heading: "Several processes and daemons:", usual: ["workers", "nats"], rare: ["replicas", "natsStorage"] },
	{ heading: "Documents:", usual: ["maxDocumentBytes", "encoding"], rare: ["terminator", "strictUtf8"] },
	{ heading: "Log and metrics:", usual: ["logLevel", "metrics"], rare: ["logFormat"] },
];

/** The heading of the options that no group names: limits and time limits. */
export const OTHER_OPTIONS = "Limits:";
