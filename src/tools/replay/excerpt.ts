// The beginning of a document, for reports, which must stay short whatever a peer sends.

const LONGEST = 500;

/** At most 500 characters. */
export function excerpt(text: string): string {
	return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
