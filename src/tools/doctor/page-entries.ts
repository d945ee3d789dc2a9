// The hops `config` and `entry` of a page: whether it has a `socketProxy` list, and an entry that fits what the SWF asks for. Ruffle compares
// hosts as strings: upper and lower case, and localhost and 127.0.0.1, are different hosts.

import { type Checks, type Finding, hostPort } from "./diagnosis.ts";
import type { ConfiguredEntry, RuffleConfig } from "./ruffle-config.ts";
import type { AskedTarget } from "./settings.ts";

const MAX_SHOWN = 5;

/** Judges `config`. */
export function judgeConfig(config: RuffleConfig): Finding {
	const { entries, isPresent, unreadable, misspelled, mistakes } = config;
	const example =
		'window.RufflePlayer = { config: { socketProxy: [{ host: "game.example", port: 9000, proxyUrl: "wss://…" }] } }';
	if (mistakes.length > 0) return { ok: false, text: mistakes[0]!, hint: `Write it as ${example}.` };
	if (entries.length === 0 && unreadable > 0)
		return {
			ok: null,
			text: "The page makes its socketProxy list while it runs, so that it cannot be read here. Check the WebSocket's address by itself: `xmlsocket doctor ws://…`.",
		};
	if (entries.length === 0 && misspelled.length > 0)
		return {
			ok: false,
			text: `The page configures ${misspelled[0]}, which Ruffle ignores: the name is socketProxy.`,
			hint: `Write it as ${example}.`,
		};
	if (entries.length === 0)
		return {
			ok: false,
			text: isPresent
				? "The page's socketProxy list is empty, so Ruffle opens no socket."
				: "The page has no socketProxy list, so Ruffle opens no socket.",
			hint: `Add one before ruffle.js: ${example}. A site that \`xmlsocket gateway --web FOLDER\` serves gets it by itself.`,
		};
	const shown = entries.slice(0, MAX_SHOWN).map(({ host, port }) => hostPort(host, port));
	const more = entries.length > MAX_SHOWN ? ` and ${entries.length - MAX_SHOWN} more` : "";
	return {
		ok: true,
		text: `The page lets the SWF reach ${shown.join(", ")}${more}.`,
		hint:
			unreadable > 0
				? `${unreadable === 1 ? "One more entry is" : `${unreadable} more entries are`} made while the page runs, and not checked.`
				: "",
	};
}

/**
 * Checks `entry`, once for each target.
 *
 * @param hosts that the SWF contains as text.
 * @returns the entries whose proxies are to be checked, one for each address
 */
export function checkEntries(
	config: RuffleConfig,
	targets: readonly AskedTarget[],
	hosts: readonly string[],
	checks: Checks,
): readonly ConfiguredEntry[] {
	const { entries } = config;
	if (targets.length === 0) {
		checks.skip("entry", `${likely(entries, hosts)} --target HOST:PORT says what the SWF asks for, and checks it.`);
		return withoutRepeats(entries);
	}
	const found: ConfiguredEntry[] = [];
	for (const [at, target] of targets.entries()) {
		const entry = entries.find(({ host, port }) => host === target.host && port === target.port);
		if (entry) found.push(entry);
		checks.add(at === 0 ? "entry" : `entry-${at + 1}`, judgeEntry(entry, config, target));
	}
	return withoutRepeats(found);
}

function judgeEntry(entry: ConfiguredEntry | undefined, config: RuffleConfig, target: AskedTarget): Finding {
	const wanted = hostPort(target.host, target.port);
	if (entry) return { ok: true, text: `The entry for ${wanted} leads to ${entry.proxyUrl}.` };
	if (config.unreadable > 0)
		return { ok: null, text: `No entry that can be read is for ${wanted}; others are made while the page runs.` };
	if (config.entries.length === 0) return { ok: null, text: "There are no entries." };
	return { ok: false, ...nearest(config.entries, target) };
}

function withoutRepeats(entries: readonly ConfiguredEntry[]): readonly ConfiguredEntry[] {
	const seen = new Set<string>();
	return entries.filter(({ proxyUrl }) => !seen.has(proxyUrl) && seen.add(proxyUrl));
}

/** What the texts in the SWF say about the entries. It is no proof, because a SWF may contain addresses that it does not use. */
function likely(entries: readonly ConfiguredEntry[], hosts: readonly string[]): string {
	const unmatched = [...new Set(hosts)].filter((host) => !entries.some((entry) => entry.host === host));
	const near = unmatched.find((host) => entries.some((entry) => isSameHost(entry.host, host)));
	if (near !== undefined)
		return `The SWF contains the text ${JSON.stringify(near)}, but no entry is spelled like that, and Ruffle compares hosts letter by letter.`;
	const matched = hosts.find((host) => !unmatched.includes(host));
	if (matched !== undefined) return `The SWF contains the text ${JSON.stringify(matched)}, and an entry has it.`;
	if (unmatched.length > 0)
		return `The SWF contains the text${unmatched.length === 1 ? "" : "s"} ${unmatched
			.slice(0, MAX_SHOWN)
			.map((host) => JSON.stringify(host))
			.join(", ")}, and no entry has ${unmatched.length === 1 ? "it" : "them"}.`;
	return "Whether an entry fits the SWF is not known.";
}

function nearest(entries: readonly ConfiguredEntry[], target: AskedTarget): { text: string; hint: string } {
	const wanted = hostPort(target.host, target.port);
	const hint = `Add an entry with host: ${JSON.stringify(target.host)}, port: ${target.port} and the same proxyUrl. Ruffle compares hosts letter by letter.`;
	const odd = entries.find(({ host }) => /[*/]/.test(host));
	if (odd)
		return {
			text: `There is no entry for ${wanted}; an entry has the host ${JSON.stringify(odd.host)}.`,
			hint: `Ruffle compares hosts letter by letter: it knows no wildcards, and no addresses with a protocol. Write host: ${JSON.stringify(target.host)}, port: ${target.port}.`,
		};
	const candidates = entries.filter(({ host, port }) => port === target.port && isSameHost(host, target.host));
	const spelled = candidates.find(({ host }) => host.toLowerCase() === target.host.toLowerCase()) ?? candidates[0];
	if (spelled)
		return {
			text: `The SWF asks for ${wanted}, but the entry is spelled ${hostPort(spelled.host, spelled.port)}: for Ruffle that is another host.`,
			hint,
		};
	const otherPort = entries.find(({ host }) => host === target.host);
	if (otherPort)
		return {
			text: `There is no entry for ${wanted}: that host has only port ${entries
				.filter(({ host }) => host === target.host)
				.map(({ port }) => port)
				.join(", ")}.`,
			hint: `Add an entry for port ${target.port}. A SWF that uses several ports needs an entry for each.`,
		};
	const shown = entries.slice(0, MAX_SHOWN).map(({ host, port }) => hostPort(host, port));
	return {
		text: `There is no entry for ${wanted}; the entries are for ${shown.join(", ")}. Ruffle tells the SWF at once that the connection failed.`,
		hint: `Add an entry with host: ${JSON.stringify(target.host)}, port: ${target.port} and the address of a gateway to that server.`,
	};
}

const LOCAL = new Set(["localhost", "127.0.0.1", "::1", "[::1]"]);

function isSameHost(a: string, b: string): boolean {
	const plain = (host: string): string =>
		host
			.trim()
			.toLowerCase()
			.replace(/\.$/, "")
			.replace(/^www\./, "");
	return plain(a) === plain(b) || (LOCAL.has(plain(a)) && LOCAL.has(plain(b)));
}
