// "xmlsocket/xml": ActionScript's XML and XMLNode, and what the rest of the package and TypeScript programs need around them.

export { type BoundedParse, checkBounded, parseBounded } from "./bounded.ts";
export { checkWellFormed, type Flaw } from "./check.ts";
export { XML, type XMLConstructor } from "./document.ts";
export { element } from "./element.ts";
export { DEFAULT_PARSE_LIMITS, type ParseLimits, type Refusal, type RefusalCode } from "./limits.ts";
export type { XMLLoading } from "./loading.ts";
export { Markup, type MarkupValue } from "./markup.ts";
export { XMLNode, type XMLNodeConstructor } from "./node.ts";
export { find, findAll } from "./path.ts";
export { type PlainElement, toObject } from "./plain.ts";
export { type PrettyOptions, pretty } from "./pretty.ts";
export { attribute, attributes, child, children, descendants, elements, rootElement, textContent } from "./query.ts";
export { checkFragment, type RootElement, readRoot } from "./root.ts";
export { xml } from "./template.ts";
