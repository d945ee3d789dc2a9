// "xmlsocket/xml": ActionScript's XML and XMLNode, and what the rest of the package and TypeScript programs need around them.

export { XML, type XMLConstructor } from "./document.ts";
export { XMLNode, type XMLNodeConstructor } from "./node.ts";
