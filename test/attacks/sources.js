// Where connections come from. Addresses outside 127.0.0.0/8 are ones to which the limits of one address apply; they exist inside the
// network namespace that the campaign makes (test/faults/network.js). Where none can be made, attackers claim theirs with a PROXY
// header instead, through the one proxy that each target trusts.

import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { inNetwork } from "../faults/network.js";

/** The proxy that targets trust. */
export const PROXY = "127.0.0.9";
const LOOPBACK = "127.0.0.1";
/** Attackers' addresses are 10.77.*; those of the honest 10.78.*. */
const OUTSIDE = "10.77.0.1";
const HONEST = "10.78.0.1";
const HONEST_SOURCES = 40;
const MOST_BYTES = 65_536;

/**
 * @typedef {object} Places
 * @property {string} loopback
 * @property {string | undefined} outside undefined where there are no other addresses
 * @property {string} listen the address that targets listen on
 * @property {string} honest the address at which the honest find the target
 * @property {string[]} honestFrom their own addresses
 */

/** Gives the namespace its addresses. @returns {Places} */
export function openPlaces() {
	if (!inNetwork) {
		return { loopback: LOOPBACK, outside: undefined, listen: LOOPBACK, honest: LOOPBACK, honestFrom: [] };
	}
	for (const address of [OUTSIDE, HONEST]) execFileSync("ip", ["address", "add", `${address}/16`, "dev", "lo"]);
	return {
		loopback: LOOPBACK,
		outside: OUTSIDE,
		listen: "*",
		honest: HONEST,
		honestFrom: Array.from({ length: HONEST_SOURCES }, (_, at) => `10.78.1.${at + 1}`),
	};
}

/** Sets the size of packets. @param {number} bytes */
export function setPacketBytes(bytes) {
	if (inNetwork) execFileSync("ip", ["link", "set", "lo", "mtu", String(bytes)]);
}

export const packetBytes = { loopback: MOST_BYTES, ethernet: 1500 };

/** What stands before a command of ours. */
const turns = { first: /** @type {string[]} */ ([]), last: /** @type {string[]} */ ([]) };
const FIRST_NICE = "-15";

/**
 * Lets targets and the honest, whose delays are measured, go before other programs of the machine, where that is permitted, and attackers, in truth
 * other machines, after them. On a busy machine such an attacker hardly gets to run.
 */
export function goFirst() {
	turns.last = ["nice", "-n", "19"];
	const tried = spawnSync("nice", ["-n", FIRST_NICE, "true"]);
	if (tried.status === 0 && tried.stderr.length === 0) turns.first = ["nice", "-n", FIRST_NICE];
}

/** What stands before a command. @param {"first" | "last"} turn */
export function inTurn(turn) {
	return turns[turn];
}

/** Linux shares processors between sessions first, so that a process goes before others only if its session does. @param {number} pid of a session's first process */
export function sessionFirst(pid) {
	if (turns.first.length === 0) return;
	try {
		writeFileSync(`/proc/${pid}/autogroup`, FIRST_NICE);
	} catch {}
}

/** The address of an attacker, from 0. @param {number} number */
export function attackerAddress(number) {
	return `10.77.${1 + (Math.floor(number / 250) % 250)}.${1 + (number % 250)}`;
}
