// `--learn FILE`: what pages asked for and were refused, noted once each and written as a configuration file whose `targets` are
// an allow-list ready to be passed back. It allows nothing by itself; other keys of the file are kept.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { XMLSocketError } from "../errors/index.ts";
import { canonicalAddress, isDialable } from "./address-rules.ts";
import { isHostName, type TargetList } from "./target.ts";

const MAX_LEARNED = 256;

/** The list under way. */
export class LearnedTargets {
	readonly #file: string;
	readonly #others: Record<string, unknown>;
	readonly #targets: Set<string>;
	#learned = 0;

	/**
	 * @param targets what is allowed already: the file holds it too, so that it can be passed back alone.
	 * @throws XMLSOCKET_CONFIG_UNREADABLE where the file is there and is no configuration file.
	 */
	constructor(file: string, targets: readonly string[]) {
		this.#file = file;
		this.#others = read(file);
		const before = Array.isArray(this.#others.targets) ? this.#others.targets.map(String) : [];
		this.#targets = new Set([...targets, ...before]);
	}

	/**
	 * Notes a pair that was refused.
	 *
	 * @returns the target as it was written, or undefined where there was nothing to note: a pair already known, no possible
	 * host or port, or more than 256 of them.
	 */
	note(host: string, port: number, list: TargetList): string | undefined {
		const lower = host.toLowerCase();
		const address = canonicalAddress(lower);
		if (!Number.isInteger(port) || port < 1 || port > 65535 || list.at(lower, port)) return undefined;
		if (address === undefined ? !isHostName(lower) : !isDialable(address)) return undefined;
		const target = `${address?.includes(":") ? `[${address}]` : (address ?? lower)}:${port}`;
		if (this.#targets.has(target) || this.#learned >= MAX_LEARNED) return undefined;
		this.#targets.add(target);
		this.#learned++;
		this.#write();
		return target;
	}

	// Whole or not at all: a reader never sees half a file.
	#write(): void {
		const text = `${JSON.stringify({ ...this.#others, targets: [...this.#targets] }, null, "\t")}\n`;
		const next = `${this.#file}.${process.pid}.tmp`;
		writeFileSync(next, text, { mode: 0o644 });
		renameSync(next, this.#file);
	}
}

function read(file: string): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(readFileSync(file, "utf8").replace(/^\ufeff/, ""));
		if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
		throw unreadable(file, (cause as Error).message, cause);
	}
	throw unreadable(file, "it holds no object");
}

function unreadable(file: string, words: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_CONFIG_UNREADABLE",
		`The file ${file} of --learn cannot be read as a configuration file: ${words}.`,
		{ cause },
	);
}
