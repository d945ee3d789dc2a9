// The classes that scripts see beside `application` and the global functions, by their names. A further class is one more line
// here and a file of its own.

import { XML, XMLNode } from "../../xml/index.ts";
import { Client } from "./client.ts";
import { hostApiClasses } from "./host-apis.ts";
import { unsupportedClasses } from "./unsupported.ts";

/** The classes, by their names. */
export function scriptClasses(): Record<string, unknown> {
	return { Client, XML, XMLNode, ...hostApiClasses, ...unsupportedClasses() };
}
