// The files that say who is who in the chat of `serve`: `--token-file` and `--login-keys`. Both are read again when they change, and on SIGHUP.

import { join, resolve } from "node:path";
import type { Bus } from "../cluster/index.ts";
import type { XMLSocketError } from "../errors/index.ts";
import { FollowedFile } from "../identity/followed-file.ts";
import type { LoginLedger, Logins } from "../identity/index.ts";
import type { ChatApplication, CreateChatOptions, Logger } from "../server/index.ts";
import { keepsFolder } from "./room-storage.ts";
import type { ServeSettings } from "./serve-schema.ts";

/** A folder within the data folder. */
const USED_LOGINS = "used-logins";

/** What the files give to one chat. */
export interface ChatIdentity {
	readonly options: { readonly tokens: string } & Pick<CreateChatOptions, "authenticate">;
	/** Applies later changes to the chat. */
	follow(chat: ChatApplication): void;
	/** Reads the files again now. */
	reload(): void;
	close(): Promise<void>;
}

/** The files as they are at the start. */
export interface IdentityFiles {
	readonly tokens: FollowedFile | undefined;
	readonly keys: FollowedFile | undefined;
}

/** Reads the files. @throws XMLSOCKET_CONFIG_UNREADABLE */
export function readIdentityFiles({ tokenFile, loginKeys }: ServeSettings): IdentityFiles {
	return {
		tokens: tokenFile === undefined ? undefined : new FollowedFile(tokenFile, "token file"),
		keys: loginKeys === undefined ? undefined : new FollowedFile(loginKeys, "key file"),
	};
}

/**
 * Makes of the files what the chat needs.
 *
 * Rejects with XMLSOCKET_LOGIN_KEYS_INVALID, XMLSOCKET_DATA_UNREADABLE.
 */
export async function openIdentity(
	{ tokens, keys }: IdentityFiles,
	settings: ServeSettings,
	{ bus }: { readonly bus?: Bus | undefined },
	log: Logger,
): Promise<ChatIdentity> {
	// Loaded only where a site's login is used.
	const identity = keys && (await import("../identity/index.ts"));
	const ledger: LoginLedger | undefined =
		identity && keepsFolder(settings)
			? await identity.openFolderLedger(join(resolve(settings.data), USED_LOGINS))
			: identity && bus && new identity.LeaseLedger(bus.leases);
	const logins: Logins | undefined =
		keys && identity?.createLogins({ keys: keys.first, ...(ledger ? { ledger } : {}) });
	const reloaded =
		(what: string) =>
		(error: XMLSocketError | undefined): void => {
			if (error) log.error({ code: error.code }, `${error.message} The ${what} of before stays in force.`);
			else log.info({}, `the ${what} was read again`);
		};
	return {
		options: { tokens: tokens?.first ?? "", ...(logins ? { authenticate: logins.authenticate } : {}) },
		follow(chat) {
			tokens?.follow({ use: (text) => chat.setTokens(text), reloaded: reloaded("token file") });
			keys?.follow({ use: (text) => logins?.setKeys(text), reloaded: reloaded("key file") });
		},
		reload() {
			tokens?.reload();
			keys?.reload();
		},
		async close() {
			tokens?.close();
			keys?.close();
			await logins?.close();
		},
	};
}
