// @ts-check
// A bot that lives in a chat room: it greets people who enter, and repeats what begins with "echo".
//
//   node examples/echo-bot/bot.mjs                          a chat of its own, on port 9000
//   node examples/echo-bot/bot.mjs chat.example:9000 lobby  in a room of a daemon that runs already

import { openChat } from "xmlsocket";
import { createChat, createServer } from "xmlsocket/server";

let [address, roomName = "lobby"] = process.argv.slice(2);
if (address === undefined) {
	const server = createServer({ port: Number(process.env.PORT ?? 9000), application: createChat() });
	await server.listen();
	address = `localhost:${server.port}`;
	console.log(`The chat is at ${address}. Talk to the bot: npx xmlsocket connect ${address}`);
}

// The client reconnects by itself, takes its name again, enters the room again and resends what was not acknowledged.
const chat = await openChat(address, { name: "echo" });
const room = await chat.join(roomName, {
	on: { enter: ({ name }) => void say(`Hello, ${name}. I repeat what begins with "echo".`) },
});
console.log(`${chat.name} is in ${room.name}`);

/** @param {string} text */
async function say(text) {
	// A refusal, for example because the bot is muted, is no reason to end.
	await room.say(text).catch((error) => console.error(`not said: ${error.message}`));
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(signal, () => process.exit(0));

for await (const message of room) {
	// What was said before it came, and its own words, are not for the bot. Two such bots would talk to each other otherwise.
	if (message.own || message.old) continue;
	const asked = /^echo (.+)$/s.exec(message.text)?.[1];
	if (asked !== undefined) await say(`${message.from}: ${asked}`);
}
