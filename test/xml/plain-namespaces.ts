// Prefixes and namespaces of the plain parser's elements, written from the page alone ("Names and namespaces") and slow on
// purpose, to compare the real look-ups with.

import type { PlainElement } from "./plain-parser.ts";

/** An element and everything around it, from the outermost to itself. */
export type Chain = readonly PlainElement[];

export function plainPrefix(name: string): string {
	const parts = name.split(":");
	return parts.length === 1 || name.indexOf(":") === name.length - 1 ? "" : (parts[0] as string);
}

export function plainLocalName(name: string): string {
	const parts = name.split(":");
	return parts.length === 1 || name.indexOf(":") === name.length - 1 ? name : parts.slice(1).join(":");
}

function isDefault(name: string): boolean {
	return name.slice(0, 5) === "xmlns" && !(name.slice(0, 6) === "xmlns:" && name.length >= 7);
}

export function plainNamespaceForPrefix(chain: Chain, prefix: string): string | null {
	for (const element of [...chain].reverse()) {
		for (const [name, value] of element.attributes) {
			if (prefix === "" && isDefault(name)) return value;
			if (prefix !== "" && name === `xmlns:${prefix}`) return value;
		}
	}
	return null;
}

export function plainPrefixForNamespace(chain: Chain, namespace: string): string | null {
	for (const element of [...chain].reverse()) {
		for (const [name, value] of element.attributes) {
			if (value !== namespace || name.slice(0, 5) !== "xmlns") continue;
			return isDefault(name) ? "" : name.slice("xmlns:".length);
		}
	}
	return null;
}

export function plainNamespace(chain: Chain): string {
	const element = chain[chain.length - 1] as PlainElement;
	return plainNamespaceForPrefix(chain, plainPrefix(element.name)) ?? "";
}
