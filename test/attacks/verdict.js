// The goals, and whether a measurement meets them. What does not depend on time (nothing lost, nobody disconnected, memory, the way
// back) is always judged. A goal of time is judged only where the machine let the programs run: else the verdict is "inconclusive".

const MIB = 1024 * 1024;

export const GOALS = {
	/** Live rooms: the larger of this and twice the quiet p99. */
	liveMs: 50,
	liveFactor: 2,
	storedMs: 120,
	rssBytes: 64 * MIB,
	recoveryMs: 10_000,
	logLinesPerSecond: 10,
};

/** The share of a phase that the target could run and was not let, above which its times say nothing. */
const WAITED_SHARE = 0.1;
/** The honest process's own delay, as a share of the goal, above which what it measured is its own. */
const STALL_SHARE = 0.5;

/**
 * What was measured of one attack.
 *
 * @typedef {object} Measurement
 * @property {string | undefined} ended how the target ended by itself
 * @property {{ connections: number, bytes: number, findings: readonly string[] }} attack
 * @property {{ live: number | undefined, stored: number | undefined }} quiet p99 in ms
 * @property {{ live: number | undefined, stored: number | undefined }} attacked
 * @property {{ live: number | undefined, stored: number | undefined }} control the same right after the attack
 * @property {number} ownStallMs p99 of the honest process's own delay during the attack
 * @property {number} waitedShare
 * @property {number | undefined} rssRiseBytes
 * @property {{ lost: number, duplicated: number, reordered: number, disconnected: number }} counts
 * @property {readonly string[]} complaints
 * @property {readonly string[]} visitsFailed
 * @property {{ reason: string, perSecond: number }} logs
 * @property {string | undefined} notBack what had not come back to the base line in time
 */

/**
 * @param {Measurement} measured
 * @param {{ timed?: boolean }} [options] whether goals of time are judged
 * @returns {{ verdict: "ok" | "FAIL" | "inconclusive", reasons: string[], late: boolean }} `late`: only goals of time are missed
 */
export function judge(measured, { timed = true } = {}) {
	const reasons = lasting(measured);
	if (reasons.length > 0) return { verdict: "FAIL", reasons, late: false };
	const late = timed ? tooLate(measured) : [];
	if (late.length === 0) return { verdict: "ok", reasons: [], late: false };
	const stalled = stallOfTheMachine(measured);
	return stalled
		? { verdict: "inconclusive", reasons: [...late, stalled], late: true }
		: { verdict: "FAIL", reasons: late, late: true };
}

/** What time has no part in. @param {Measurement} measured */
function lasting({ ended, attack, rssRiseBytes, counts, complaints, visitsFailed, logs, notBack }) {
	const reasons = [...attack.findings];
	if (ended) reasons.push(`the process ended: ${ended}`);
	if (attack.connections === 0) reasons.push("the attack did not take place");
	if (counts.lost > 0) reasons.push(`${counts.lost} deliveries lost, or later than 15 s`);
	if (counts.duplicated > 0) reasons.push(`${counts.duplicated} deliveries twice`);
	if (counts.reordered > 0) reasons.push(`${counts.reordered} deliveries out of order`);
	if (counts.disconnected > 0) reasons.push(`${counts.disconnected} honest members disconnected`);
	if (reasons.length > 0 && complaints.length > 0) reasons.push(...complaints);
	if (visitsFailed.length > 0) reasons.push(`${visitsFailed.length} honest visits failed (${visitsFailed[0]})`);
	if (rssRiseBytes !== undefined && rssRiseBytes > GOALS.rssBytes) {
		reasons.push(`memory rose by ${Math.round(rssRiseBytes / MIB)} MiB`);
	}
	if (logs.perSecond > GOALS.logLinesPerSecond) reasons.push(`${logs.perSecond} log lines/s of "${logs.reason}"`);
	if (notBack) reasons.push(`not back in ${GOALS.recoveryMs / 1000} s: ${notBack}`);
	return reasons;
}

/** @param {Measurement} measured */
function tooLate({ quiet, attacked }) {
	const reasons = [];
	const liveGoalMs = liveGoal(quiet.live);
	if (attacked.live !== undefined && attacked.live > liveGoalMs) {
		reasons.push(`live p99 ${Math.round(attacked.live)} ms, above ${Math.round(liveGoalMs)} ms`);
	}
	if (attacked.stored !== undefined && attacked.stored > GOALS.storedMs) {
		reasons.push(`stored p99 ${Math.round(attacked.stored)} ms, above ${GOALS.storedMs} ms`);
	}
	return reasons;
}

/** @param {Measurement} measured @returns {string | undefined} */
function stallOfTheMachine({ quiet, control, ownStallMs, waitedShare }) {
	if (ownStallMs > GOALS.liveMs * STALL_SHARE) return `the harness itself stalled for ${Math.round(ownStallMs)} ms`;
	if (waitedShare > WAITED_SHARE)
		return `the target waited ${Math.round(waitedShare * 100)} % of the time for a processor`;
	if ((control.live ?? 0) > liveGoal(quiet.live) || (control.stored ?? 0) > GOALS.storedMs) {
		return "it was as late after the attack";
	}
	return undefined;
}

/** @param {number | undefined} quietMs */
function liveGoal(quietMs) {
	return Math.max(GOALS.liveMs, GOALS.liveFactor * (quietMs ?? 0));
}
