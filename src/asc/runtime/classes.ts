// The classes that scripts see, by their names. To add a class, write a file for it and add a line here.

import { XML, XMLNode } from "../../xml/index.ts";
import { Client } from "./client.ts";
import { hostApiClasses } from "./host-apis.ts";
import { unsupportedClasses } from "./unsupported.ts";

/** The classes, by their names. */
export function scriptClasses(): Record<string, unknown> {
	return { Client, XML, XMLNode, ...hostApiClasses, ...unsupportedClasses() };
}
