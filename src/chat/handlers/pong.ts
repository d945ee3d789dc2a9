// `<pong />`: the answer to our `<ping />`. That it came is all there is to it: the link has noticed.

import type { Handler } from "./handler.ts";

export const pong: Handler = { element: "pong", openToAll: true, handle: () => {} };
