// What a chat tells its owner beside what its rooms do. Types alone.

import type { XMLSocketError } from "../../errors/index.ts";
import type { ConnectionStatus } from "../connection.ts";

/** A private message. */
export interface Told {
	readonly from: string;
	readonly text: string;
	/** When it was told, in milliseconds since 1970. */
	readonly at: number;
	/** The teller's own id of it. */
	readonly id: string | undefined;
}

/** The events of a chat and what their listeners get. */
export interface ChatEvents {
	/** The connection's state; `connected` also means that the name is one's own again. */
	status: ConnectionStatus;
	told: Told;
	/** The deployment's state, or what an operator did, in words. */
	notice: { readonly code: string; readonly text: string; readonly room: string | undefined };
	/** The server refused something that no promise waits for. */
	refused: XMLSocketError;
}
