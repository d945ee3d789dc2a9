// The fixed limits of what a script may use at a time. A call past a limit fails with an error code; the application continues. The limits
// that an operator can set are in `options.ts`.

/** Connections of `XMLSocket` that are open or connecting. */
export const MAX_SOCKETS = 1000;
/** Requests of `XML` and `LoadVars` in progress. */
export const MAX_REQUESTS = 64;
/** Redirects that one request follows. */
export const MAX_REDIRECTS = 5;
/** Open `File` objects. */
export const MAX_OPEN_FILES = 64;
/** The most that one read or write of a `File` may transfer, in bytes. */
export const MAX_FILE_BYTES: number = 16 * 1024 * 1024;
/** Entries of a folder that `list()` returns. */
export const MAX_FOLDER_ENTRIES = 10_000;
/** The largest file of a persistent shared object, in bytes. */
export const MAX_OBJECT_BYTES: number = 8 * 1024 * 1024;
/** The largest file that a script may write, in bytes. */
export const MAX_FILE_SIZE_BYTES: number = 256 * 1024 * 1024;
