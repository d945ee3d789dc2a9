// Fan-out: one client sends, 1,000 receive. The next messages leave when the last one that connected has received all earlier ones.

import { setTimeout as sleep } from "node:timers/promises";
import { encode, openClient } from "./client.js";
import { cpuOf, FAN_OUT, usedUp } from "./contenders.js";

/** Without a message for so long, the contender has lost some. */
const STALLED_MS = 30_000;
const CONNECTING_AT_ONCE = 50;

/** Waits until nobody has received anything for a while: greetings and presence come first. */
async function settled(clients, ms) {
	while (performance.now() - Math.max(...clients.map((client) => client.heardAt)) < ms) await sleep(50);
}

/** A full room. `speak` sends for a while and returns how many messages all members received. */
async function openRoom({ protocol, hello, say, settleMs }, port, subscribers, text) {
	let deliveries = 0;
	let heard = 0;
	let expected = Number.POSITIVE_INFINITY;
	let next = () => {};
	let done = () => {};
	const count = (messages) => {
		deliveries += messages;
		if (deliveries >= expected) done();
	};
	// At once, or the server may end those that have said nothing while the others connect.
	const open = async (onMessages) => {
		const client = await openClient(port, protocol, onMessages);
		if (hello) client.send(encode(protocol, hello));
		return client;
	};
	const clients = [];
	while (clients.length < subscribers - 1) {
		const some = Math.min(CONNECTING_AT_ONCE, subscribers - 1 - clients.length);
		clients.push(...(await Promise.all(Array.from({ length: some }, () => open(count)))));
	}
	const last = await open((messages) => {
		heard += messages;
		count(messages);
		next();
	});
	clients.push(last);
	const speaker = await open(() => {});
	await settled([...clients, speaker], settleMs);
	const message = encode(protocol, say(text));

	/** @param isOver asked before each batch */
	async function speak(window, isOver) {
		deliveries = 0;
		heard = 0;
		expected = Number.POSITIVE_INFINITY;
		let spoken = 0;
		const before = clients.map((client) => client.messages);
		const batch = Buffer.concat(Array(window).fill(message));
		let moved = performance.now();
		await new Promise((resolve, reject) => {
			const watch = setInterval(() => {
				if (performance.now() - moved < STALLED_MS) return;
				clearInterval(watch);
				reject(new Error(`${deliveries} of ${spoken * subscribers} messages arrived, then none`));
			}, 1000);
			done = () => {
				clearInterval(watch);
				resolve();
			};
			next = () => {
				moved = performance.now();
				if (heard < spoken) return;
				if (!isOver()) {
					spoken += window;
					speaker.send(batch);
				} else {
					expected = spoken * subscribers;
					if (deliveries >= expected) done();
				}
			};
			next();
		});
		next = () => {};
		done = () => {};
		// One too many would mean that something else was counted as a message.
		await sleep(20);
		for (const [at, client] of clients.entries()) {
			const got = client.messages - before[at];
			if (got !== spoken) throw new Error(`a member received ${got} messages instead of ${spoken}`);
		}
		if (!last.latest.includes(text)) throw new Error("a member received something else than the message");
		return deliveries;
	}
	return {
		speak,
		read: () => clients.reduce((sum, client) => sum + client.bytesRead, 0),
		close() {
			for (const client of [...clients, speaker]) client.close();
		},
	};
}

/**
 * One round of one contender, in a fresh process.
 *
 * @returns deliveries for each CPU second of the server, by messages outstanding, and the bytes of a delivery
 */
export async function fanOut(name, { subscribers, windows, warmUpSeconds, seconds, text }) {
	const server = await FAN_OUT[name].start();
	try {
		const room = await openRoom(FAN_OUT[name], server.port, subscribers, text);
		const rates = {};
		let bytes = 0;
		for (const window of windows) {
			await room.speak(window, usedUp(server, warmUpSeconds));
			const before = { cpu: cpuOf(server), read: room.read() };
			const deliveries = await room.speak(window, usedUp(server, seconds));
			rates[window] = Math.round(deliveries / (cpuOf(server) - before.cpu));
			bytes = Math.round((room.read() - before.read) / deliveries);
		}
		room.close();
		return { rates, bytes };
	} catch (error) {
		throw new Error(`fan-out of ${name}: ${error.message}`, { cause: error });
	} finally {
		await server.stop();
	}
}
