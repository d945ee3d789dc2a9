// The filter of a program that embeds the chat: it looks at each text before anybody receives it, and allows, changes or refuses it. It
// may take its time, within a limit; its client waits, and nobody else. docs/guide/moderation.md.

import { XMLSocketError } from "../errors/index.ts";
import type { Clock } from "../link/index.ts";
import { checkFragment } from "../xml/index.ts";
import { isXmlText } from "./incoming.ts";

/** A text that a client sends to others. */
export interface FilteredMessage {
	/** `said`: a text for a room. `sent`: an application's document, as markup. `told`: a private message. `topic`: a topic. */
	readonly kind: "said" | "sent" | "told" | "topic";
	/** The sender's name. */
	readonly from: string;
	/** Whether the sender is an operator. */
	readonly operator: boolean;
	/** The room; undefined for a private message. */
	readonly room: string | undefined;
	/** The receiver of a private message. */
	readonly to: string | undefined;
	readonly text: string;
}

/** Nothing: the message is allowed. `text`: this is sent instead. `refuse`: it is not sent, and the sender gets these words. */
export type FilterVerdict = undefined | { readonly text: string } | { readonly refuse: string };

/**
 * Looks at a message. What it throws, or rejects with, is reported, and the message is refused; so is one that takes longer than 2 s.
 *
 * @example
 * ```ts
 * createChat({ filter: ({ text }) => (/viagra/i.test(text) ? { refuse: "No advertising, please." } : undefined) });
 * ```
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing allows the message.
export type MessageFilter = (message: FilteredMessage) => FilterVerdict | void | Promise<FilterVerdict | void>;

const LIMIT_MS = 2000;
const LONGEST_REFUSAL = 500;

/** Runs the filter. */
export class MessageFilters {
	readonly #filter: MessageFilter | undefined;
	readonly #clock: Clock;
	readonly #report: (error: unknown) => void;

	/** @param filter undefined: everything is allowed */
	constructor(filter: MessageFilter | undefined, clock: Clock, report: (error: unknown) => void) {
		this.#filter = filter;
		this.#clock = clock;
		this.#report = report;
	}

	/** Whether there is a filter. */
	get isActive(): boolean {
		return this.#filter !== undefined;
	}

	/**
	 * Calls `then` with the text that is sent: at once, or when the filter has decided.
	 *
	 * @returns nothing where `then` was called at once. Throws or rejects with XMLSOCKET_MESSAGE_REFUSED, XMLSOCKET_FILTER_FAILED, and what
	 * `then` throws.
	 */
	check(message: FilteredMessage, then: (text: string) => void | Promise<void>): void | Promise<void> {
		if (!this.#filter) return then(message.text);
		// biome-ignore lint/suspicious/noConfusingVoidType: see MessageFilter.
		let verdict: FilterVerdict | void | Promise<FilterVerdict | void>;
		try {
			verdict = this.#filter(message);
		} catch (error) {
			throw this.#failed(error, "The filter of this server failed");
		}
		if (!(verdict instanceof Promise)) return then(this.#textOf(verdict, message));
		return this.#later(verdict, message, then);
	}

	async #later(
		// biome-ignore lint/suspicious/noConfusingVoidType: see MessageFilter.
		verdict: Promise<FilterVerdict | void>,
		message: FilteredMessage,
		then: (text: string) => void | Promise<void>,
	): Promise<void> {
		let stop = (): void => {};
		const late = new Promise<never>((_, reject) => {
			stop = this.#clock.delay(LIMIT_MS, () => {
				const error = new Error(`The message filter took longer than ${LIMIT_MS} ms.`);
				reject(this.#failed(error, "The filter of this server did not answer in time"));
			});
		});
		const checked = verdict.then(
			(decided) => this.#textOf(decided, message),
			(error: unknown) => Promise.reject(this.#failed(error, "The filter of this server failed")),
		);
		// One of the two may fail when nobody waits for it any more.
		checked.catch(() => {});
		late.catch(() => {});
		try {
			const text = await Promise.race([checked, late]);
			stop();
			await then(text);
		} finally {
			stop();
		}
	}

	// biome-ignore lint/suspicious/noConfusingVoidType: see MessageFilter.
	#textOf(verdict: FilterVerdict | void, { kind, text }: FilteredMessage): string {
		if (verdict === undefined) return text;
		if (typeof verdict === "object" && verdict !== null && "refuse" in verdict) {
			const words = String(verdict.refuse).slice(0, LONGEST_REFUSAL);
			throw new XMLSocketError("XMLSOCKET_MESSAGE_REFUSED", isXmlText(words) ? words : "The message was refused.");
		}
		const changed: unknown = verdict?.text;
		const isValid =
			typeof changed === "string" && (kind === "sent" ? checkFragment(changed) === undefined : isXmlText(changed));
		if (isValid) return changed;
		const error = new TypeError(
			"The message filter returned something other than nothing, { text } or { refuse }, or a text that XML cannot carry.",
		);
		throw this.#failed(error, "The filter of this server failed");
	}

	#failed(cause: unknown, what: string): XMLSocketError {
		this.#report(cause);
		return new XMLSocketError("XMLSOCKET_FILTER_FAILED", `${what}; the message was not sent.`);
	}
}
