// The login of a site that shows this page in a frame, or links to it: `#token=TOKEN`, and `&room=ROOM` if the site chooses the room. A browser sends
// the part behind # to no server. The page removes the token from the address at once, so that it is in no history and no bookmark.

import type { Saved } from "./saved-chat.ts";

/** A login from the address. */
export interface Login {
	readonly token: string;
	/** The user's name, as the token says without proof; undefined where it has another form. */
	readonly name: string | undefined;
}

/** The login of an address, which `replace` gets without it; undefined where there is none. */
export function takeLogin(
	{ pathname, search, hash }: Pick<Location, "pathname" | "search" | "hash">,
	replace: (address: string) => void,
): Login | undefined {
	// In the address of a room, "=" is written with a percent sign.
	if (!hash.startsWith("#token=")) return undefined;
	const parts = new URLSearchParams(hash.slice(1));
	const token = parts.get("token");
	const room = parts.get("room");
	replace(`${pathname}${search}${room ? `#${encodeURIComponent(room)}` : ""}`);
	return token ? { token, name: nameOf(token) } : undefined;
}

/** What an earlier page of this tab left, if it was the same user's. */
export function savedFor(saved: Saved | undefined, login: Login | undefined): Saved | undefined {
	return login === undefined || saved?.name === login.name ? saved : undefined;
}

function nameOf(token: string): string | undefined {
	try {
		const payload = token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/");
		const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
		const { sub } = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown };
		return typeof sub === "string" ? sub : undefined;
	} catch {
		return undefined;
	}
}
