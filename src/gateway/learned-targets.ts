// `--learn FILE`: records each refused target of pages once, in a configuration file. The file's `targets` are a list that you can use with
// `--config`. It allows nothing by itself, and keeps the other keys of the file.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { XMLSocketError } from "../errors/index.ts";
import { canonicalAddress, isDialable } from "./address-rules.ts";
import { isHostName, type TargetList } from "./target.ts";

const MAX_LEARNED = 256;

/** The recorded targets. */
export class LearnedTargets {
	readonly #file: string;
	readonly #others: Record<string, unknown>;
	readonly #targets: Set<string>;
	#learned = 0;

	/**
	 * @param targets the targets that are already allowed; the file contains them too, so that it is complete.
	 * @throws XMLSOCKET_CONFIG_UNREADABLE if the file exists and is not a configuration file.
	 */
	constructor(file: string, targets: readonly string[]) {
		this.#file = file;
		this.#others = read(file);
		const before = Array.isArray(this.#others.targets) ? this.#others.targets.map(String) : [];
		this.#targets = new Set([...targets, ...before]);
	}

	/**
	 * Records a refused host and port.
	 *
	 * @returns the target as written to the file; undefined if nothing was recorded: the pair is known or invalid, or the file already
	 * has 256 new targets.
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

	// Replaced atomically: a reader never sees half a file.
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
	throw unreadable(file, "it does not contain an object");
}

function unreadable(file: string, words: string, cause?: unknown): XMLSocketError {
	return new XMLSocketError(
		"XMLSOCKET_CONFIG_UNREADABLE",
		`The file ${file} of --learn cannot be read as a configuration file: ${words}.`,
		{ cause },
	);
}
