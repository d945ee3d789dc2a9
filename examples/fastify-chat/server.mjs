// @ts-check
// A chat in a Fastify application, on one port: Fastify answers pages, forms and the API; xmlsocket has the sockets of browsers, Flash
// content and programs. The login of the site gives the name in the chat.
//
//   npm install xmlsocket fastify
//   node examples/fastify-chat/server.mjs

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import { createChat, createServer } from "xmlsocket/server";

// --- the site

const file = (/** @type {string} */ name) => readFileSync(new URL(name, import.meta.url), "utf8");
/** Your site has its users in a database, with hashes of their passwords. */
const users = new Map([
	["Ann", "tea"],
	["Bob", "coffee"],
]);
/** The names of those who have logged in, by their cookie. @type {Map<string, string>} */
const logins = new Map();
const nameOf = (/** @type {unknown} */ cookie) => logins.get(/(?:^|; )login=([\w-]+)/.exec(String(cookie))?.[1] ?? "");

const app = Fastify();
app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
	done(null, new URLSearchParams(String(body))),
);
app.get("/", (request, reply) =>
	reply.type("text/html").send(file(nameOf(request.headers.cookie) === undefined ? "login.html" : "chat.html")),
);
app.get("/chat.js", (_request, reply) => reply.type("text/javascript").send(file("chat.js")));
app.post("/login", (request, reply) => {
	const form = /** @type {URLSearchParams} */ (request.body);
	const name = form.get("name") ?? "";
	if (!form.get("password") || users.get(name) !== form.get("password"))
		return reply.code(403).type("text/html").send(file("login.html"));
	const id = randomUUID();
	logins.set(id, name);
	return reply.header("set-cookie", `login=${id}; HttpOnly; SameSite=Lax; Path=/`).redirect("/", 303);
});
app.get("/api/clients", () => ({ clients: server.peers }));

// --- the chat

const chat = createChat({
	// Without this, everybody is welcomed as a guest before their <hello>.
	greet: false,
	// A browser sends the cookie of the site with its WebSocket. Other clients are guests.
	authenticate(_hello, handshake) {
		const name = nameOf(handshake.headers.cookie);
		return name === undefined ? undefined : { name };
	},
});

// --- one port for both

await app.ready();
const server = await createServer({
	port: Number(process.argv[2] ?? 3000),
	application: chat,
	routes: [
		{
			request: toFastify,
			// A form of another site is not for this one.
			otherMethods: (request, response, _url, { isForeign }) => !isForeign && toFastify(request, response),
		},
	],
}).listen();
console.log(`The site is at http://localhost:${server.port}/, the chat at localhost:${server.port}`);

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
	process.once(signal, async () => {
		await server.close();
		await app.close();
	});
}

/** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
function toFastify(request, response) {
	app.routing(request, response);
	return true;
}
