// Cases about the end of a connection: orderly, in the middle of a document, and by a reset.

import { CaseFailed, DOCUMENT_PROFILES, END } from "../case.ts";
import type { RunnableCase } from "../runnable-case.ts";
import { showBytes } from "../show.ts";

const HANDLE_ERRORS =
	'Handle the error that reading from or writing to a connection reports (Node: socket.on("error", …)), and close only that connection.';

export const ENDING_CASES: readonly RunnableCase[] = [
	{
		id: "half-close",
		title: "handles and answers what came before the client ended its direction",
		profiles: DOCUMENT_PROFILES,
		reason:
			"Scripts send a document and the end together (printf … | nc). The end must not overtake what came before it.",
		source: "docs/conformance.md, rule 2: complete messages first, then the end",
		change:
			"At the end of input, finish what you have received and send what you still have to send, then end your direction. Do not destroy the connection.",
		async run(context) {
			const route = await context.route();
			const payloads = Array.from({ length: 3 }, () => route.element("before the end"));
			await route.deliver(payloads, { sent: "3 documents and the end of this direction" }, (bytes) => {
				route.sender.write(bytes);
				route.sender.halfClose();
			});
			if (context.facts.profile !== "chat") return;
			const { sender: client } = await context.route();
			client.write(Buffer.from('<ping id="half-close" />\0'));
			client.halfClose();
			const answered = (): boolean => client.documents.some((document) => document.includes("<pong "));
			await context.activity.until(() => answered() || client.ended, context.timeoutMs);
			if (!answered())
				throw new CaseFailed({
					sent: '<ping id="half-close" /> and the end of this direction',
					expected: '<pong id="half-close" />',
					got: client.ended ? END : "nothing",
				});
		},
	},
	{
		id: "unfinished-at-close",
		title: "drops a document that has no zero byte when the connection ends",
		profiles: DOCUMENT_PROFILES,
		reason: "A document without its zero byte was cut off; nobody can tell how it would have continued.",
		source:
			"docs/conformance.md, rule 2: the bytes after the last zero byte are dropped at the end; recorded from Flash Player",
		change: "At the end of a connection, throw away what has no zero byte.",
		async run(context) {
			const other = await context.route();
			const route = await context.route();
			const payload = route.element("cut off");
			route.sender.write(route.wire(payload).subarray(0, -1));
			await context.activity.segmentGap();
			route.sender.halfClose();
			for (let i = 0; i < 3; i++) {
				await other.deliver([other.element("meanwhile")]);
				await context.activity.segmentGap();
			}
			const got = route.take();
			if (got)
				throw new CaseFailed({
					sent: `${showBytes(payload)} without a zero byte, and the end`,
					expected: "nothing",
					got: `${showBytes(got)} as a document`,
				});
		},
	},
	{
		id: "reset-mid-document",
		title: "survives a client that resets its connection in the middle of a document",
		profiles: DOCUMENT_PROFILES,
		reason: "Closing a browser tab, a sleeping laptop and mobile networks end connections so.",
		source: "RFC 9293, section 3.10.7; observed when a page with a movie is closed",
		change: HANDLE_ERRORS,
		async run(context) {
			const earlier = await context.route();
			const routes = [await context.route(), await context.route(), await context.route()];
			// Many servers remove the wrong client from their list: the last, or the next.
			const later = await context.route();
			for (const route of routes) {
				route.sender.write(route.wire(route.element("never complete")).subarray(0, -8));
				await context.activity.segmentGap();
				route.sender.reset();
				await context.activity.segmentGap();
				const sent = "half a document and a reset, on another connection";
				await later.check(sent, "a document of a client that connected later arrives");
				await earlier.check(sent, "a document of a client that connected earlier arrives");
			}
		},
	},
	{
		id: "vanish-while-answered",
		title: "survives a client that is gone before the server has written its answers",
		profiles: DOCUMENT_PROFILES,
		reason: "Writing to a connection that is gone fails later, at a place where many programs expect no error.",
		source: "RFC 9293, section 3.10.7; observed when a page with a movie is closed",
		change: HANDLE_ERRORS,
		async run(context) {
			const neighbour = await context.route();
			for (let i = 0; i < 3; i++) {
				const route = await context.route();
				route.receiver.pauseReading();
				route.sender.write(route.wire(...Array.from({ length: 100 }, () => route.element("x".repeat(1000)))));
				if (i > 0) await context.activity.segmentGap();
				route.receiver.reset();
				route.sender.reset();
				await context.activity.segmentGap();
				await neighbour.check("100 documents and a reset, on another connection", "a document of the others arrives");
			}
		},
	},
];
