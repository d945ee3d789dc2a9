// The files of the admin page. They hold no data, so everyone who can reach the port gets them; the page asks for a token, and uses the API.

import type { HttpRoutes } from "../server/index.ts";
import { answer } from "../server/index.ts";
import { pageHeaders } from "../server/page-headers.ts";
import { staticFiles } from "../server/static-files.ts";

/** Where the page is, below the base path. */
const PAGE_PATH = "/xmlsocket/admin/";

/**
 * Answers requests for the page.
 *
 * @param folder its files. @param failed called where one of them cannot be read.
 */
export function adminPage(folder: string, failed: (error: unknown) => void): NonNullable<HttpRoutes["request"]> {
	const headers = Object.entries(pageHeaders(false));
	const files = staticFiles(
		folder,
		(response, path) => {
			const isNamedByContent = path.startsWith("/assets/");
			for (const [name, value] of headers) response.setHeader(name, value);
			response.setHeader("cache-control", isNamedByContent ? "public, max-age=31536000, immutable" : "no-cache");
		},
		failed,
	);
	return (request, response, { pathname }) => {
		if (`${pathname}/` === PAGE_PATH) {
			// Relative, because a proxy may serve the daemon below a path.
			response.writeHead(301, { location: "admin/", "content-length": 0 }).end();
			return true;
		}
		if (!pathname.startsWith(PAGE_PATH)) return false;
		files(request, response, pathname.slice(PAGE_PATH.length - 1), () =>
			answer(response, 404, "There is no such page.\n"),
		);
		return true;
	};
}
