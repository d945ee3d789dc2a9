// What the admin API asks of a node, its own or another one of the cluster, and how the questions of one node reach the others. Every answer
// of another node is checked: a node can be of another version, or no daemon at all.

import * as v from "valibot";
import { type ErrorCode, XMLSocketError } from "../errors/index.ts";
import type { AdminNodes } from "./bus-nodes.ts";
import type { NodeAnswers } from "./node-answers.ts";
import { isPosition, type ListPart } from "./pages.ts";

/** How long the other nodes have. */
const TIMEOUT_MS = 3000;

const CODE = /^XMLSOCKET_[A-Z0-9_]{1,60}$/;

const number = v.pipe(v.number(), v.finite());
const text = v.string();
const sampleSchema = v.object({
	at: number,
	connections: number,
	clients: number,
	messagesPerSecond: number,
	deliveriesPerSecond: number,
	eventLoopDelayP99Ms: number,
	commitP99Ms: v.optional(number),
	rssBytes: number,
	heldBytes: number,
	outboxBytes: number,
});
const listOf = <Row extends v.GenericSchema>(row: Row) =>
	v.object({
		entries: v.array(v.object({ at: v.custom<readonly [string | number, string]>(isPosition), row })),
		more: v.boolean(),
	});
const roomRateSchema = v.object({ name: text, messagesPerSecond: number, lastSeq: v.optional(number) });
const readerSchema = v.object({ id: text, name: v.optional(text), address: text, outboxBytes: number });

/** The form of each question's answer. */
const ANSWERS = {
	status: v.object({
		node: text,
		clients: number,
		rooms: number,
		connections: number,
		eventLoopDelayMs: v.object({ p50: number, p99: number, max: number }),
		rssBytes: number,
		heldBytes: number,
		messagesPerSecond: number,
		deliveriesPerSecond: number,
		ready: v.boolean(),
		trouble: v.nullable(text),
	}),
	roomRates: v.array(roomRateSchema),
	members: listOf(v.object({ name: text, client: text, node: text })),
	clients: listOf(
		v.object({
			id: text,
			name: v.optional(text),
			guest: v.optional(v.boolean()),
			operator: v.optional(v.boolean()),
			address: text,
			transport: text,
			node: text,
			rooms: v.array(text),
			moreRooms: v.optional(number),
			connectedAt: number,
			documentsPerSecond: number,
			bytesPerSecond: number,
			outboxBytes: number,
			session: v.optional(text),
		}),
	),
	kick: v.object({ removed: number }),
	session: v.object({ session: v.optional(text) }),
	say: v.object({ seq: v.optional(number) }),
	samples: v.array(sampleSchema),
	traffic: v.object({ lines: v.array(text), ended: v.boolean() }),
	live: v.object({
		sample: sampleSchema,
		rooms: v.array(v.object({ name: text, members: number, messagesPerSecond: number })),
		readers: v.array(readerSchema),
		log: v.object({ lines: v.array(text), next: number, dropped: number }),
	}),
} as const;

/** The name of a question. */
export type Question = keyof typeof ANSWERS;
/** The answer to a question. */
export type AnswerTo<Q extends Question> = v.InferOutput<(typeof ANSWERS)[Q]>;
/** An entry of a list. */
export type RowOf<Q extends Question> = AnswerTo<Q> extends ListPart<infer Row> ? Row : never;

/** The answers of the nodes that answered, and the nodes that did not. */
export interface AllAnswers<Q extends Question> {
	readonly answers: readonly { readonly node: string; readonly answer: AnswerTo<Q> }[];
	readonly missing: string[];
}

/** Asks nodes. */
export class Questions {
	readonly #nodes: AdminNodes | undefined;
	readonly #own: NodeAnswers;

	/** @param nodes undefined: there is no other node. */
	constructor(nodes: AdminNodes | undefined, own: NodeAnswers) {
		this.#nodes = nodes;
		this.#own = own;
		nodes?.answerWith((question) => this.#asked(question));
	}

	/** This node. */
	get node(): string {
		return this.#own.node;
	}

	/**
	 * Asks one node. Rejects with what the node refuses with, with XMLSOCKET_UNAVAILABLE where it does not answer within 3 s, and with
	 * XMLSOCKET_NODE_UNKNOWN.
	 */
	async one<Q extends Question>(node: string, question: Q, details: object): Promise<AnswerTo<Q>> {
		if (node === this.node) return await this.#own.answer(question, details);
		if (!this.#nodes?.nodes().includes(node)) {
			throw new XMLSocketError("XMLSOCKET_NODE_UNKNOWN", `There is no node "${node}".`);
		}
		return await this.#other(this.#nodes, node, question, details, TIMEOUT_MS);
	}

	/**
	 * Asks all nodes. Rejects with what this node refuses with; other nodes that refuse, or do not answer in time, are missing.
	 *
	 * @param details by node. @param timeoutMs default: 3 s, in milliseconds.
	 */
	async all<Q extends Question>(
		question: Q,
		details: (node: string) => object,
		timeoutMs: number = TIMEOUT_MS,
	): Promise<AllAnswers<Q>> {
		const nodes = this.#nodes;
		const missing: string[] = [];
		const others = (nodes?.nodes() ?? []).map(async (node) => {
			try {
				return [{ node, answer: await this.#other(nodes!, node, question, details(node), timeoutMs) }];
			} catch {
				missing.push(node);
				return [];
			}
		});
		// Where this node refuses, nobody waits for the others.
		const own = { node: this.node, answer: await this.#own.answer(question, details(this.node)) };
		const answers = [own, ...(await Promise.all(others)).flat()];
		return { answers, missing: missing.sort() };
	}

	async #other<Q extends Question>(
		nodes: AdminNodes,
		node: string,
		question: Q,
		details: object,
		timeoutMs: number,
	): Promise<AnswerTo<Q>> {
		const text = await within(timeoutMs, nodes.ask(node, JSON.stringify({ question, details })));
		const reply = parsed(text) as { answer?: unknown; error?: { code?: unknown; message?: unknown } } | undefined;
		if (reply?.error) {
			const { code, message } = reply.error;
			if (!CODE.test(String(code))) throw unanswered();
			throw new XMLSocketError(String(code) as ErrorCode, String(message));
		}
		const found = v.safeParse(ANSWERS[question] as v.GenericSchema, reply?.answer);
		if (!found.success) throw unanswered();
		return found.output as AnswerTo<Q>;
	}

	async #asked(text: string): Promise<string> {
		const asked = parsed(text) as { question?: unknown; details?: unknown } | undefined;
		const { question, details } = asked ?? {};
		if (typeof question !== "string" || !Object.hasOwn(ANSWERS, question) || !isObject(details)) return "";
		try {
			return JSON.stringify({ answer: await this.#own.answer(question as Question, details) });
		} catch (error) {
			if (!(error instanceof XMLSocketError)) throw error;
			return JSON.stringify({ error: { code: error.code, message: error.message } });
		}
	}
}

function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): object | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(unanswered()), timeoutMs).unref();
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

function unanswered(): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_UNAVAILABLE", "The node did not answer. The request may have been carried out.");
}
