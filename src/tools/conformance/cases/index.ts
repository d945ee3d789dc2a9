// All cases, in the order in which they run: those that a server needs for any of the others come first.

import type { ConformanceCase } from "../case.ts";
import type { RunnableCase } from "../runnable-case.ts";
import { CHAT_CASES } from "./chat.ts";
import { CONTENT_CASES } from "./content.ts";
import { ENDING_CASES } from "./endings.ts";
import { FRAMING_CASES } from "./framing.ts";
import { NEIGHBOUR_CASES } from "./neighbours.ts";
import { POLICY_CASES } from "./policy.ts";
import { SIZE_CASES } from "./sizes.ts";

/** What many servers do not survive comes last, so that the other cases have run by then. */
const LAST: ReadonlySet<string> = new Set(["policy-reset", "reset-mid-document", "vanish-while-answered"]);

const cases: readonly RunnableCase[] = [
	...FRAMING_CASES,
	...CONTENT_CASES,
	...SIZE_CASES,
	...CHAT_CASES,
	...POLICY_CASES,
	...NEIGHBOUR_CASES,
	...ENDING_CASES,
];

/** The cases with their tests. */
export const RUNNABLE_CASES: readonly RunnableCase[] = [
	...cases.filter(({ id }) => !LAST.has(id)),
	...cases.filter(({ id }) => LAST.has(id)),
];

/** Every case of the conformance suite, in the order in which they run. docs/conformance.md lists them. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = RUNNABLE_CASES.map(
	({ id, title, profiles, reason, source, change }) => ({ id, title, profiles, reason, source, change }),
);
