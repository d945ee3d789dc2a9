// The content types of files, by the ending of their names. The only user of the `mrmime` package.

import { mimes } from "mrmime";

/** The type for the ending of a name, which counts in any case of letters, without a charset; undefined where it is not known. */
export function mediaType(name: string): string | undefined {
	const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
	// A client may ask for a file whose ending is a property of every object.
	return Object.hasOwn(mimes, ending) ? mimes[ending] : undefined;
}
