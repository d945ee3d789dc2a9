// A case together with its test.

import type { ConformanceCase } from "./case.ts";
import type { CaseContext } from "./context.ts";

/** A case with its test. */
export interface RunnableCase extends ConformanceCase {
	/** Whether it needs a server that answers policy requests on this port. */
	readonly needsPolicy?: boolean;
	/** Resolves if the server passes. @throws CaseFailed, CaseSkipped */
	readonly run: (context: CaseContext) => Promise<void>;
}
