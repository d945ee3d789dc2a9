// What moderation needs of its chat, or of an application that knows addresses alone.

import type { Clock } from "../link/index.ts";
import type { ChatClient } from "./chat-client.ts";
import type { ChatCluster } from "./cluster/cluster.ts";
import type { Names } from "./names.ts";
import type { ChatSettings } from "./options.ts";
import type { ChatRooms } from "./rooms/chat-rooms.ts";
import type { AddressFormat } from "./sanctions/address-range.ts";
import type { SavedState } from "./saved-state.ts";

/** What moderation needs to find the people that it concerns. */
export interface ModerationParts {
	readonly clock: Clock;
	readonly settings: Pick<ChatSettings, "serverName">;
	readonly rooms: Pick<ChatRooms, "get" | "roomsOf">;
	readonly names: Names<ChatClient>;
	readonly sessions: ReadonlyMap<string, ChatClient>;
	readonly cluster: Pick<ChatCluster, "personByName">;
	readonly saved: SavedState;
	/** Undefined: addresses cannot be banned. */
	readonly addresses: AddressFormat | undefined;
	/** Milliseconds since 1970. */
	readonly wallMs: () => number;
	readonly report: (error: unknown) => void;
}
