// How long an element of a stream may be on the command line. The 4096 of the documented class close the connection at the
// first real roster, and a person at a prompt wants to see it.

/** Characters. */
export const STREAM_CHARS = 1_048_576;
