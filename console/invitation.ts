// How others come into the chat: the link of a room, and the command of a terminal. The link has no token and no session.

/** The address of a room, for others. */
export function roomLink(
	{ origin, pathname }: Pick<Location, "origin" | "pathname">,
	room: string | undefined,
): string {
	return `${origin}${pathname}${room === undefined ? "" : `#${encodeURIComponent(room)}`}`;
}

/**
 * The command that connects a terminal to the same server. Where the page is at the root of plain HTTP, its port takes XMLSocket too;
 * behind a proxy for TLS or below a path, the WebSocket is what certainly gets through.
 */
export function joinCommand({ protocol, hostname, port, pathname }: Location, socketUrl: string): string {
	const isDirect = protocol === "http:" && pathname === "/";
	return `npx xmlsocket connect ${isDirect ? `${hostname}:${port || "80"}` : socketUrl}`;
}
