// A web site with a login of its own, whose users chat under their names. It signs a token for each page that it sends, and shows the daemon's chat
// page in a frame. docs/guide/identity.md.
//
//   node examples/site-login/site.js login-keys.json &
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
const sessions = new Map();

/** A token that is worth one login as this user, within the next two minutes. */
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
const frame = (token) => `<iframe src="${chat}#token=${token}" style="width: 100%; height: 90vh"></iframe>`;

createServer(async (request, response) => {
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
		if (!form.get("password") || users.get(form.get("name")) !== form.get("password")) {
			return response.writeHead(403).end(`<p>That is not right.</p>${FORM}`);
		}
		const id = randomUUID();
		sessions.set(id, form.get("name"));
		return response.writeHead(303, { location: "/", "set-cookie": `id=${id}; HttpOnly; SameSite=Lax` }).end();
	}
	const name = sessions.get(/(?:^|; )id=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1]);
	response.end(name ? frame(await tokenFor(name)) : FORM);
}).listen(Number(port), "localhost", function () {
	console.log(`The site is at http://localhost:${this.address().port}/`);
});
