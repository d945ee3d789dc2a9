// A daemon whose limits are lifted, by its own options alone. Some attacks must get through to it: a verdict that cannot fail says
// nothing.

const GIB = String(1024 * 1024 * 1024);

export const WEAKENED_FLAGS = Object.entries({
	"max-document": String(64 * 1024 * 1024),
	"max-first-document-bytes": String(64 * 1024 * 1024),
	"first-document-timeout-ms": "3600000",
	"document-timeout-ms": "3600000",
	"max-outbox-bytes": GIB,
	"soft-outbox-bytes": GIB,
	"unread-output-timeout-ms": "0",
	"documents-per-second": "1000000",
	"document-burst": "1000000",
	"max-connections-per-address": "10000",
	"connects-per-second-per-address": "10000",
}).flatMap(([flag, value]) => [`--${flag}`, value]);
