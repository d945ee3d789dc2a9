// `<pong />`: the answer to the server's `<ping />`. There is nothing to do: the link counts every received document as a sign
// of life.

import type { Handler } from "./handler.ts";

export const pong: Handler = { element: "pong", openToAll: true, handle: () => {} };
