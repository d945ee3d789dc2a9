// What each section of the page is to the page, and what the page is to its sections.

import type { ActionSpec } from "./action-dialog.ts";
import type { AdminApi } from "./api.ts";
import type { LiveData } from "./live-data.ts";
import type { Route, Section } from "./route.ts";

/** What a section can use. */
export interface PageHost {
	readonly api: AdminApi;
	readonly live: LiveData;
	/** Goes to another place. @param replaces the place before it is not one to go back to */
	go(section: Section, selected?: readonly string[], query?: Record<string, string>, replaces?: boolean): void;
	/** Asks the user, does it, and says what was done. @returns whether it was done */
	act(spec: ActionSpec): Promise<boolean>;
	announce(words: string, kind: "error" | "note"): void;
}

/** A section. */
export interface View {
	/** Its title, for the window. */
	title(): string;
	/** Shows a place in this section; it may be shown already. */
	open(route: Route): void;
	/** Another section is shown. */
	close(): void;
	/** The status, a sample or the log have changed. At most once in a frame, while it is shown. */
	draw?(): void;
}
