// What becomes of the clients when the token file changes.

import { XMLSocketError } from "../errors/index.ts";
import type { ChatClient } from "./chat-client.ts";
import { nameKey } from "./names.ts";
import type { Tokens } from "./tokens.ts";

/**
 * Applies the new file: a client whose line is gone, or names another person now, loses the name and becomes a guest, and so does a
 * guest whose name has got a token. Operators are those of the new file. Where there are no guests, the connection ends.
 */
export function applyTokens(tokens: Tokens, clients: Iterable<ChatClient>, guests: boolean): void {
	for (const client of [...clients]) {
		const { identity } = client;
		const grant = identity?.fileToken === undefined ? undefined : tokens.grant(identity.fileToken);
		if (identity?.fileToken !== undefined && grant && nameKey(grant.name) === client.nameKey) {
			client.identity = { ...identity, operator: grant.operator };
			if (grant.operator !== identity.operator) client.welcome();
			continue;
		}
		if (identity?.fileToken === undefined && !tokens.owns(client.nameKey)) continue;
		const words =
			identity?.fileToken === undefined
				? `The name "${client.name}" requires a token now.`
				: "The server's operator has withdrawn your token.";
		const error = new XMLSocketError("XMLSOCKET_TOKEN_INVALID", words);
		if (guests) client.loseName(error);
		else {
			client.identity = undefined;
			client.refuse(error);
			client.peer.end();
		}
	}
}
