// Requests as raw bytes, and a folder of files with secrets beside it, for the tests of reported attacks.

import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ruffleRoutes } from "../../src/gateway/ruffle-package.ts";
import { SiteRoutes } from "../../src/gateway/site/site-routes.ts";
import { RawClient, recordingLog } from "../server/peers.ts";

export const LAST = "Connection: close\r\n";
export const UPGRADE =
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** Sends bytes as they are, and returns all that came until the server closed. */
export async function raw(port: number, bytes: string): Promise<string> {
	const client = new RawClient(connect({ port, host: "127.0.0.1", allowHalfOpen: true }));
	client.socket.write(bytes, "latin1");
	await client.closed;
	return client.received.toString("latin1");
}

/** The status codes of all answers, and 101 where a WebSocket opened. */
export const statuses = (text: string): number[] =>
	[...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));

/** The status of the first answer. */
export async function status(port: number, bytes: string): Promise<number | undefined> {
	const client = RawClient.tcp(port);
	client.socket.write(bytes, "latin1");
	const text = await client.until((received) => received.includes("\r\n\r\n"));
	client.socket.destroy();
	return statuses(text)[0];
}

/** Creates a folder that has a site and, beside it, secrets. The caller removes it. */
export function folderWithSecrets(): string {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket reports "));
	mkdirSync(join(folder, "site", "evil.example"), { recursive: true });
	mkdirSync(join(folder, "site-secrets"));
	writeFileSync(join(folder, "secret.txt"), "secret");
	writeFileSync(join(folder, "site-secrets", "a.txt"), "secret");
	writeFileSync(join(folder, "site", ".env"), "secret");
	symlinkSync(join(folder, "secret.txt"), join(folder, "site", "link.txt"));
	writeFileSync(join(folder, "site", "index.html"), "<p>a page</p>");
	writeFileSync(join(folder, "site", "evil.example", "index.html"), "<p>below</p>");
	for (const name of ["a.constructor", "a.__proto__", "a.toString"]) writeFileSync(join(folder, "site", name), "data");
	writeFileSync(join(folder, "site", "numbers.txt"), "0123456789");
	return folder;
}

/** The site in that folder, as routes. */
export const siteIn = (folder: string): SiteRoutes =>
	new SiteRoutes({
		folder: join(folder, "site"),
		inject: false,
		ruffle: ruffleRoutes(),
		targets: () => [],
		reports: false,
		forOtherSites: false,
		log: recordingLog(),
	});
