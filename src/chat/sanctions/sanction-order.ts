// A ban or mute that an operator asks for.

import type { Peer } from "../../application/index.ts";
import { XMLSocketError } from "../../errors/index.ts";
import { isReason, MAX_REASON, type SanctionKind, type SanctionTarget, SESSION } from "./sanction.ts";

/** A ban or mute to impose. */
export interface SanctionOrder {
	readonly kind: SanctionKind;
	/** Undefined: everywhere. */
	readonly room?: string | undefined;
	/** One of the three. */
	readonly target: SanctionTarget;
	/** With a name: the address of the person too. */
	readonly alsoAddress?: boolean;
	/** Undefined: without an end. */
	readonly seconds?: number | undefined;
	/** One line of at most 200 characters. */
	readonly reason?: string | undefined;
	/** Who imposes it. */
	readonly by: string;
	/** Whether it comes through the admin API. */
	readonly isFromServer?: boolean;
	/** The operator's connection, which its own ban must not lock out. */
	readonly peer?: Pick<Peer, "remoteAddress" | "addressKey"> | undefined;
}

/** Checks what is not about addresses. @throws XMLSOCKET_ATTRIBUTE_INVALID */
export function checkOrder({ reason, target: { session } }: SanctionOrder): void {
	// A line break can be the terminator of the documents that tell it.
	if (reason !== undefined && (!isReason(reason) || /\p{Cc}/u.test(reason))) {
		throw invalid(`A reason is one line of at most ${MAX_REASON} characters that XML can carry.`);
	}
	if (session !== undefined && !SESSION.test(session)) {
		throw invalid("A session is named by its first part: 16 hexadecimal digits.");
	}
}

function invalid(message: string): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_ATTRIBUTE_INVALID", message);
}
