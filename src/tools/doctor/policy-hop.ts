// The hop policy: whether Flash Player gets a policy file that lets content connect. Ruffle and AIR need none, so its absence is a failure
// only where the user named the site of the content. Policy files themselves are read and judged in `policy/`.

import { grantable, mayConnect } from "../../policy/index.ts";
import { checkPolicy, type PolicyPlace, type PolicyReport } from "../policy.ts";
import { type Finding, hostPort, inMs } from "./diagnosis.ts";
import type { Settings } from "./settings.ts";

const WHO = "Ruffle and AIR need none; Flash Player 9.0.124 and later cannot connect without it.";

/** Requests the policy files. @returns undefined if it was aborted */
export async function fetchPolicies(
	address: string,
	port: number,
	settings: Settings,
): Promise<PolicyReport | undefined> {
	const { timeoutMs, masterPort, signal } = settings;
	return await checkPolicy({
		host: address,
		port,
		timeoutMs,
		masterTimeoutMs: Math.min(3000, timeoutMs),
		masterPort,
		signal,
	}).catch(() => undefined);
}

/** Judges `policy`. */
export function judgePolicy(report: PolicyReport, host: string, port: number, { origin }: Settings): Finding {
	const served = (master: boolean) =>
		report.places
			.filter((place) => place.usable && place.master === master)
			.map((place) => ({ file: place.file!, port: master ? 843 : place.port }));
	const where = hostPort(host, port);
	if (origin) {
		const from = origin.hostname.replace(/^\[(.*)\]$/, "$1");
		const verdict = mayConnect(
			{ from, secure: origin.protocol === "https:", to: port },
			served(true)[0],
			served(false),
		);
		if (verdict.allowed)
			return {
				ok: true,
				text: `Flash Player lets content from ${from} connect. ${verdict.reason}`,
				hint: noteOn(report),
			};
		return {
			ok: false,
			text: `Flash Player does not let content from ${from} connect to ${where}. ${verdict.reason} Ruffle needs no policy file.`,
			hint: `Serve a policy file that grants port ${port} to ${from}: \`xmlsocket serve --origin ${origin.origin}\` does; \`xmlsocket policy ${where}\` explains the one that is served.`,
		};
	}
	const usable = report.places.filter((place) => place.usable);
	if (usable.length === 0)
		return {
			ok: true,
			text: `There is no policy file: ${report.places.map(outcome).join("; ")}.`,
			hint: `${WHO} \`xmlsocket policy ${where}\` shows more.`,
		};
	if (!usable.some((place) => grants(place, port)))
		return {
			ok: true,
			text: `There is a policy file, but it grants port ${port} to nobody.`,
			hint: `${WHO} \`xmlsocket policy ${where}\` explains it.`,
		};
	return {
		ok: true,
		text: `Flash Player gets a policy file from port ${usable.map((place) => place.port).join(" and ")}. --origin https://SITE checks whether content of that site may connect.`,
		hint: noteOn(report),
	};
}

function grants(place: PolicyPlace, port: number): boolean {
	return place.file!.grants.some(({ ports }) =>
		grantable(ports, place.master ? 1 : place.port).some(({ first, last }) => first <= port && port <= last),
	);
}

function noteOn(report: PolicyReport): string {
	const master = report.places.find((place) => place.master);
	return master?.fetched?.outcome === "silent" || /timed? ?out|within/i.test(master?.fetched?.cause ?? "")
		? `Port ${master!.port} does not answer, so each Flash Player waits 3 s before it tries the game's port. Let the firewall reject connections to it instead of dropping them.`
		: "";
}

function outcome({ port, fetched, skipped }: PolicyPlace): string {
	if (!fetched) return `port ${port} is not asked (${skipped})`;
	const ms = inMs(fetched.tookMs);
	switch (fetched.outcome) {
		case "unreachable":
			return `port ${port} accepts no connection`;
		case "silent":
			return `port ${port} does not answer the request (${ms})`;
		case "closed":
			return `port ${port} ends the connection (${ms})`;
		case "too-large":
			return `port ${port} sends more than 64 KiB`;
		case "answered":
			return `port ${port} answers with something else${fetched.terminated ? "" : " or without the zero byte at the end"}`;
	}
}
