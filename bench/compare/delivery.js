// Push compared with polling, the claim of the class XMLSocket in its manual: when does a client receive a message that is sent at a
// random time, and how many bytes cross its connection for it? The three ways run at the same time, from one server.

import { once } from "node:events";
import { Agent, get } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { program } from "./contenders.js";

/** Receives messages, whose text begins with the time of their sending. */
class Receiver {
	latencies = [];
	bytes = 0;
	/** @param {string} text messages, without their ends */
	take(text) {
		const now = process.hrtime.bigint();
		for (const [, sent] of text.matchAll(/<said from="ann">(\d+) /g))
			this.latencies.push(Number(now - BigInt(sent)) / 1e6);
	}
}

async function pushed(port, isOver) {
	const receiver = new Receiver();
	const socket = connect({ port, host: "127.0.0.1" });
	await once(socket, "connect");
	let rest = "";
	socket.setEncoding("utf8").on("data", (chunk) => {
		const documents = (rest + chunk).split("\0");
		rest = documents.pop();
		for (const document of documents) receiver.take(document);
	});
	void isOver.then(() => {
		receiver.bytes = socket.bytesRead + socket.bytesWritten;
		socket.destroy();
	});
	return receiver;
}

/** Asks over one connection that stays open, with the headers of Node; a browser sends some hundred bytes more. */
async function polled(port, path, pause, isOver) {
	const receiver = new Receiver();
	const agent = new Agent({ keepAlive: true, maxSockets: 1 });
	let running = true;
	let socket;
	let known = 0;
	const ask = () =>
		new Promise((resolve, reject) => {
			const request = get({ port, host: "127.0.0.1", agent, path: `${path}?after=${known}` }, (response) => {
				let text = "";
				response.setEncoding("utf8").on("data", (chunk) => {
					text += chunk;
				});
				response.on("end", () => resolve(text));
			});
			request.on("socket", (its) => {
				socket = its;
			});
			request.on("error", reject);
		});
	void isOver.then(() => {
		running = false;
		receiver.bytes = socket.bytesRead + socket.bytesWritten;
		agent.destroy();
	});
	const loop = async () => {
		while (running) {
			const text = await ask();
			const before = receiver.latencies.length;
			receiver.take(text);
			known += receiver.latencies.length - before;
			if (pause > 0) await sleep(pause);
		}
	};
	loop().catch((error) => {
		if (running) throw error;
	});
	return receiver;
}

/**
 * One round.
 *
 * @returns for each way p50 and p99 of the time until a message arrives in ms, and the bytes of a message
 */
export async function deliveryRound({ seed, clients, perSecond, ms, pollMs }) {
	const server = await program("server.js", "delivery", String(seed), String(perSecond));
	let end;
	const isOver = new Promise((resolve) => {
		end = resolve;
	});
	const ways = { push: [], "long-polling": [], polling: [] };
	for (let client = 0; client < clients; client++) {
		ways.push.push(await pushed(server.port, isOver));
		ways["long-polling"].push(await polled(server.httpPort, "/wait", 0, isOver));
		ways.polling.push(await polled(server.httpPort, "/messages", pollMs, isOver));
		// The clients' polls are spread over the interval.
		await sleep(pollMs / clients);
	}
	server.start();
	await sleep(ms);
	end();
	await isOver;
	const result = {};
	for (const [way, receivers] of Object.entries(ways)) {
		const times = receivers.flatMap((receiver) => receiver.latencies).sort((a, b) => a - b);
		if (times.length === 0) throw new Error(`no message arrived with ${way}`);
		const at = (share) => Math.round(times[Math.floor(times.length * share)] * 1000) / 1000;
		const bytes = Math.round(receivers.reduce((sum, receiver) => sum + receiver.bytes, 0) / times.length);
		result[way] = { p50: at(0.5), p99: at(0.99), bytes };
	}
	await server.stop();
	return result;
}
