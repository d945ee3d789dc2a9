// Reads one part of a list of the API.

import type { AdminApi, Query } from "./api.ts";
import type { Part } from "./api-types.ts";

/** Lines of a part. */
const LIMIT = 100;

/** @param field the name of the list in the answer. Rejects with ApiFailure */
export async function partOf<Row>(
	api: AdminApi,
	path: string,
	field: string,
	query: Query,
	signal?: AbortSignal,
): Promise<Part<Row>> {
	const answer = await api.get(path, { limit: LIMIT, ...query }, signal);
	const { next, missing } = answer;
	return {
		rows: (Array.isArray(answer[field]) ? answer[field] : []) as readonly Row[],
		next: typeof next === "string" ? next : undefined,
		missing: Array.isArray(missing) ? missing.map(String) : [],
	};
}
