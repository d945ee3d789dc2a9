// "xmlsocket/identity": names that a web site's own login gives.

export { openFolderLedger } from "./folder-ledger.ts";
export { LeaseLedger } from "./lease-ledger.ts";
export { createLogins, type LoginOptions, type Logins } from "./logins.ts";
export { type LoginLedger, MemoryLedger } from "./memory-ledger.ts";
