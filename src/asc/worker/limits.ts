// How much of the world a script may reach at once. What is counted here ends the script's call with a coded reason, never the
// application. The options that an operator sets are in `options.ts`; these bounds are fixed.

/** Connections of `XMLSocket` that are open or being made. */
export const MAX_SOCKETS = 1000;
/** Requests of `XML` and `LoadVars` under way. */
export const MAX_REQUESTS = 64;
/** Redirects that one request follows. */
export const MAX_REDIRECTS = 5;
/** `File` objects that are open. */
export const MAX_OPEN_FILES = 64;
/** What one reading of a `File` may give, and one writing may take, in bytes. */
export const MAX_FILE_BYTES: number = 16 * 1024 * 1024;
/** Entries of a folder that `list()` gives. */
export const MAX_FOLDER_ENTRIES = 10_000;
/** What a persistent shared object may take in its file, in bytes. */
export const MAX_OBJECT_BYTES: number = 4 * 1024 * 1024;
/** The size to which a script's file may grow, in bytes. */
export const MAX_FILE_SIZE_BYTES: number = 256 * 1024 * 1024;
