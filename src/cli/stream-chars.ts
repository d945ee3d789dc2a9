// The longest element of a stream on the command line. The limit of the documented class, 4096, would end the connection at the first real
// roster.

/** Characters. */
export const STREAM_CHARS = 1_048_576;
