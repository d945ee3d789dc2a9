// The first hops: the name, and a TCP connection to its addresses of each family. It returns the address that the later hops use.

import { onAbort } from "../../link/index.ts";
import { type NameAddress, openRaw, RawConnection, type RawFailure, resolveName } from "../../transport/index.ts";
import { type Checks, type Finding, hostPort, inMs } from "./diagnosis.ts";
import type { Settings } from "./settings.ts";

/** An address that accepts TCP connections. */
export interface Endpoint {
	/** The name that the user or the page wrote. */
	readonly host: string;
	readonly address: string;
	readonly port: number;
}

const MAX_ADDRESSES = 4;

/** Checks `name`, `ipv4` and `ipv6`. @returns undefined if no address accepts a connection */
export async function reach(
	host: string,
	port: number,
	settings: Settings,
	checks: Checks,
): Promise<Endpoint | undefined> {
	const addresses = await resolve(host, settings, checks);
	if (!addresses) {
		checks.skipAll(["ipv4", "ipv6"], `Without an address for ${host} there is nothing to connect to.`);
		return undefined;
	}
	const [v4, v6] = await Promise.all([tryFamily(4), tryFamily(6)]);
	checks.add("ipv4", judge(4, v4, v6));
	checks.add("ipv6", judge(6, v6, v4));
	const open = v4.open ?? v6.open;
	return open && { host, address: open.address, port };

	async function tryFamily(family: 4 | 6): Promise<FamilyResult> {
		const own = addresses!.filter((each) => each.family === family).slice(0, MAX_ADDRESSES);
		const tried = await Promise.all(own.map(({ address }) => tryAddress(address, port, settings)));
		return { tried, open: tried.find(({ failure }) => failure === undefined) };
	}

	function judge(family: 4 | 6, { tried, open }: FamilyResult, other: FamilyResult): Finding {
		const first = tried[0];
		if (!first) {
			if (isAddress(host)) return { ok: null, text: `${host} is an IPv${10 - family} address.` };
			if (family === 6 || !other.open) return { ok: null, text: `${host} has no IPv${family} address.` };
			return {
				ok: false,
				text: `Only IPv6 works: ${host} has no IPv4 address. Players who have only IPv4 cannot connect.`,
				hint: `Add an A record with the server's IPv4 address to ${host}.`,
			};
		}
		if (open) {
			const broken = tried.find(({ failure }) => failure !== undefined);
			return {
				ok: true,
				text: `${hostPort(open.address, port)} accepts connections (${inMs(open.tookMs)}).`,
				hint: broken
					? `${hostPort(broken.address, port)} does not: players who get this address of ${host} wait or fail. Remove the address, or start the server there.`
					: "",
			};
		}
		const failure = first.failure!;
		if (isMissingFamily(failure.code, first.address, family))
			return { ok: null, text: `This computer has no IPv${family} connection (${failure.code}).` };
		const words = wordsOf(failure, first.address, port);
		if (!other.open) return { ok: false, ...words };
		if (family === 6)
			return {
				ok: true,
				text: `Players connect over IPv4. Over IPv6: ${words.text}`,
				hint: `Programs that try only the first address of ${host} can fail: let the server listen on IPv6 too, or write ${hostPort(other.open.address, port)}.`,
			};
		return {
			ok: false,
			text: `Only IPv6 works: ${words.text} Players who have only IPv4 cannot connect.`,
			hint: "Let the server listen on IPv4 too, for example on 0.0.0.0.",
		};
	}
}

interface Attempt {
	readonly address: string;
	readonly tookMs: number;
	readonly failure: RawFailure | undefined;
}

interface FamilyResult {
	readonly tried: readonly Attempt[];
	readonly open: Attempt | undefined;
}

/** Whether a host is an address instead of a name. */
export function isAddress(host: string): boolean {
	return /^\d+\.\d+\.\d+\.\d+$|:/.test(host);
}

async function resolve(host: string, settings: Settings, checks: Checks): Promise<readonly NameAddress[] | undefined> {
	if (isAddress(host)) {
		checks.pass("name", `${host} is an address, so no name is looked up.`);
		return [{ address: host, family: host.includes(":") ? 6 : 4 }];
	}
	const given = settings.hosts.get(host.toLowerCase());
	if (given !== undefined) {
		checks.pass("name", `${host} is ${given}, as you said; no name is looked up.`);
		return [{ address: given, family: given.includes(":") ? 6 : 4 }];
	}
	const begunMs = performance.now();
	let timer: NodeJS.Timeout | undefined;
	let offAbort = (): void => {};
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(Object.assign(new Error("late"), { code: "ETIMEOUT" })), settings.timeoutMs);
		offAbort = onAbort(settings.signal, () => reject(new Error("aborted")));
	});
	try {
		const found = await Promise.race([resolveName(host), late]);
		const shown = found.slice(0, 2 * MAX_ADDRESSES).map(({ address }) => address);
		checks.pass(
			"name",
			`${host} has the address${found.length === 1 ? "" : "es"} ${shown.join(", ")} (${inMs(performance.now() - begunMs)}).`,
		);
		return found;
	} catch (error) {
		const { code = "unknown" } = error as NodeJS.ErrnoException;
		if (code === "ENOTFOUND")
			checks.fail(
				"name",
				`There is no address for the name ${host} (${code}).`,
				`Check the spelling. If the name is right, its DNS record is missing or has expired; old game servers' names often have.`,
			);
		else
			checks.fail(
				"name",
				`The name ${host} could not be looked up (${code}, ${inMs(performance.now() - begunMs)}).`,
				"Check that this computer is online and that its DNS server works, then try again.",
			);
		return undefined;
	} finally {
		clearTimeout(timer);
		offAbort();
	}
}

async function tryAddress(address: string, port: number, settings: Settings): Promise<Attempt> {
	const { timeoutMs, signal } = settings;
	const result = await openRaw({ address, port, timeoutMs, signal });
	if (result instanceof RawConnection) {
		result.destroy();
		return { address, tookMs: result.tookMs, failure: undefined };
	}
	return { address, tookMs: result.tookMs, failure: result };
}

function isMissingFamily(code: string, address: string, family: 4 | 6): boolean {
	return (
		code === "EADDRNOTAVAIL" ||
		code === "EAFNOSUPPORT" ||
		(family === 6 && code === "ENETUNREACH") ||
		(code === "EINVAL" && address.startsWith("fe80:"))
	);
}

function wordsOf({ code, tookMs }: RawFailure, address: string, port: number): { text: string; hint: string } {
	const where = hostPort(address, port);
	switch (code) {
		case "ECONNREFUSED":
			return {
				text: `The computer at ${address} answers, but nothing listens on port ${port} there (${code}, ${inMs(tookMs)}).`,
				hint: `Start the server, or check the port.`,
			};
		case "ETIMEDOUT":
			return {
				text: `Nothing answers at ${where} within ${inMs(tookMs)}.`,
				hint: `Check that the computer is on, and that its firewall and its router let port ${port} through.`,
			};
		case "EHOSTUNREACH":
		case "ENETUNREACH":
			return {
				text: `There is no way from here to ${address} (${code}).`,
				hint: "Check the address. An address such as 192.168.… or 10.… works only in its own network.",
			};
		default:
			return {
				text: `No connection to ${where} (${code}, ${inMs(tookMs)}).`,
				hint: "Check the address, and the firewalls on both sides.",
			};
	}
}
