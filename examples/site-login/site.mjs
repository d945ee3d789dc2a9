// @ts-check
// A web site with a login of its own, whose users chat under their names. It signs a token for each page that it sends, and shows the daemon's chat
// page in a frame. docs/guide/identity.md.
//
//   node examples/site-login/site.mjs login-keys.json &
//   xmlsocket serve --login-keys login-keys.json --embed http://localhost:8080

import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { SignJWT } from "jose";

const [file = "login-keys.json", port = "8080", chat = "http://localhost:9000/"] = process.argv.slice(2);
if (!existsSync(file)) {
	const key = { kid: "2026-1", kty: "oct", alg: "HS256", k: randomBytes(32).toString("base64url") };
	writeFileSync(file, JSON.stringify({ keys: [key] }), { mode: 0o600 });
}
const { kid, k } = JSON.parse(readFileSync(file, "utf8")).keys[0];

// Your site has its users in a database, with hashes of their passwords.
const users = new Map([
	["Ann", "tea"],
	["Bob", "coffee"],
]);
/** The names of those who have logged in, by their cookie. @type {Map<string, string>} */
const sessions = new Map();

/** A token that is worth one login as this user, within the next two minutes. @param {string} name */
const tokenFor = (name) =>
	new SignJWT({ operator: name === "Ann" })
		.setProtectedHeader({ alg: "HS256", kid })
		.setSubject(name)
		.setAudience("xmlsocket")
		.setJti(randomUUID())
		.setIssuedAt()
		.setExpirationTime("2m")
		.sign(Buffer.from(k, "base64url"));

const FORM = `<form method="post"><input name="name" placeholder="Name"><input name="password" type="password"><button>Log in</button></form>`;
const frame = (/** @type {string} */ token) =>
	`<iframe src="${chat}#token=${token}" style="width: 100%; height: 90vh"></iframe>`;

const server = createServer(async (request, response) => {
	response.setHeader("content-type", "text/html; charset=utf-8");
	// The page contains a token, so no cache may keep it.
	response.setHeader("cache-control", "no-store");
	if (request.method === "POST") {
		let body = "";
		for await (const chunk of request) {
			body += chunk;
			if (body.length > 1000) return response.writeHead(413).end();
		}
		const form = new URLSearchParams(body);
		const name = form.get("name") ?? "";
		if (!form.get("password") || users.get(name) !== form.get("password")) {
			return response.writeHead(403).end(`<p>That is not right.</p>${FORM}`);
		}
		const id = randomUUID();
		sessions.set(id, name);
		return response.writeHead(303, { location: "/", "set-cookie": `id=${id}; HttpOnly; SameSite=Lax` }).end();
	}
	const name = sessions.get(/(?:^|; )id=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "");
	response.end(name ? frame(await tokenFor(name)) : FORM);
});
server.listen(Number(port), "localhost", () => {
	const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
	console.log(`The site is at http://localhost:${port}/`);
});
