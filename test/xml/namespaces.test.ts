// Prefixes, local names and namespaces (docs/xml.md, "Names and namespaces").

import { describe, expect, test } from "vitest";
import { XML, XMLNode } from "../../src/xml/index.ts";

function firstOf(source: string): XMLNode {
	return new XML(source).firstChild as XMLNode;
}

describe("prefix and localName split a name at its first colon", () => {
	const rows: [name: string, prefix: string, localName: string][] = [
		["tag", "", "tag"],
		["fr:tag", "fr", "tag"],
		["fr:pr:tag", "fr", "pr:tag"],
		[":fr:tag", "", "fr:tag"],
		[":tag", "", "tag"],
		["tag:", "", "tag:"],
		["::b", "", ":b"],
		["::", "", ":"],
		["a::", "a", ":"],
		[":", "", ":"],
		["", "", ""],
	];
	test.each(rows)("%j", (name, prefix, localName) => {
		const node = new XMLNode(1, name);
		expect([node.prefix, node.localName]).toEqual([prefix, localName]);
	});

	test("and are null where there is no name", () => {
		const text = new XMLNode(3, "a:b");
		expect([text.prefix, text.localName, text.namespaceURI]).toEqual([null, null, null]);
		text.nodeName = "a:b";
		expect([text.prefix, text.localName]).toEqual(["a", "b"]);
	});
});

describe("namespaceURI", () => {
	const rows: [source: string, namespace: string][] = [
		["<tag/>", ""],
		["<tag xmlns='standard'/>", "standard"],
		["<t xmlns:='b' xmlns='a'/>", "b"],
		["<t xmlnsaaa='b' xmlns='a'/>", "b"],
		["<t xmlns='a' xmlns:='b'/>", "a"],
		["<tag xmlns:t='standard'/>", ""],
		["<t:tag xmlns:t='standard'/>", "standard"],
		["<t:tag xmlns='standard'/>", ""],
		["<t:tag/>", ""],
		["<tag xmlns='standard' xmlns='standard2'/>", "standard"],
		["<tag &#120;mlns='coded'/>", "coded"],
		["<tag xmlns=''/>", ""],
	];
	test.each(rows)("of %j", (source, namespace) => {
		expect(firstOf(source).namespaceURI).toBe(namespace);
	});

	test("comes from the nearest ancestor", () => {
		const tag = firstOf(
			"<tag xmlns:='nst'><tag2 xmlns='nss'><tag3 xmlns:='nsr'><p:x xmlns:p='u'><y/></p:x></tag3></tag2></tag>",
		);
		const tag3 = tag.firstChild?.firstChild as XMLNode;
		expect([tag.namespaceURI, tag.firstChild?.namespaceURI, tag3.namespaceURI]).toEqual(["nst", "nss", "nsr"]);
		expect([tag3.firstChild?.namespaceURI, tag3.firstChild?.firstChild?.namespaceURI]).toEqual(["u", "nsr"]);
	});

	test("stays the parsed default namespace when a script changes the attribute", () => {
		const tag = firstOf("<tag xmlns='standard'>text</tag>");
		tag.attributes.xmlns = "standard2";
		expect([tag.namespaceURI, tag.getNamespaceForPrefix("")]).toEqual(["standard", "standard2"]);
		delete tag.attributes.xmlns;
		expect([tag.namespaceURI, tag.getNamespaceForPrefix("")]).toEqual(["standard", null]);
		expect([tag.firstChild?.nodeValue, tag.firstChild?.namespaceURI]).toEqual(["text", null]);
		const plain = firstOf("<tag></tag>");
		plain.attributes.xmlns = "nss";
		expect([plain.namespaceURI, plain.getNamespaceForPrefix("")]).toEqual(["", "nss"]);
	});

	test("follows the tree when nodes move", () => {
		const a = firstOf("<a xmlns='one'><b/></a>");
		const b = a.firstChild as XMLNode;
		firstOf("<c xmlns='two'/>").appendChild(b);
		expect(b.namespaceURI).toBe("two");
		b.removeNode();
		expect(b.namespaceURI).toBe("");
	});

	test("of a document and of what is not there is null", () => {
		const document = new XML("<a xmlns='x'/>");
		expect([document.namespaceURI, document.prefix, document.localName]).toEqual([null, null, null]);
	});
});

describe("getNamespaceForPrefix and getPrefixForNamespace", () => {
	const tag = firstOf("<tag xmlns:t='nst'><tag2 xmlns='nss'><tag3 xmlns:r='nsr'/></tag2></tag>");
	const tag2 = tag.firstChild as XMLNode;
	const tag3 = tag2.firstChild as XMLNode;
	const rows: [node: XMLNode, prefix: string, namespace: string | null][] = [
		[tag, "t", "nst"],
		[tag, "r", null],
		[tag, "", null],
		[tag2, "t", "nst"],
		[tag2, "", "nss"],
		[tag3, "t", "nst"],
		[tag3, "r", "nsr"],
		[tag3, "", "nss"],
		[tag3, "x", null],
	];
	test.each(rows)("%s: prefix %j", (node, prefix, namespace) => {
		expect(node.getNamespaceForPrefix(prefix)).toBe(namespace);
		if (namespace !== null) expect(node.getPrefixForNamespace(namespace)).toBe(prefix);
	});

	test("without argument give null", () => {
		expect([tag3.getNamespaceForPrefix(), tag3.getPrefixForNamespace()]).toEqual([null, null]);
	});

	test("of something unknown give null, also on texts and documents", () => {
		const document = new XML("<a xmlns='x'>text</a>");
		expect(document.getNamespaceForPrefix("")).toBe(null);
		expect(document.firstChild?.firstChild?.getNamespaceForPrefix("")).toBe("x");
		expect(document.firstChild?.getPrefixForNamespace("y")).toBe(null);
	});

	test("know the odd default namespaces", () => {
		expect(firstOf("<t xmlnsaaa='b' xmlns='a'/>").getPrefixForNamespace("b")).toBe("");
		expect(firstOf("<t xmlns:='b'/>").getPrefixForNamespace("b")).toBe("");
		expect(firstOf("<t xmlns:='b' xmlns='a'/>").getNamespaceForPrefix("")).toBe("b");
	});

	test("read the attributes as they are now", () => {
		const node = firstOf('<tag xmlns:n1="ns1" xmlns:n1="ns2"></tag>');
		expect([node.getNamespaceForPrefix("n1"), node.getPrefixForNamespace("ns1")]).toEqual(["ns1", "n1"]);
		expect(node.getPrefixForNamespace("ns2")).toBe(null);
		node.attributes["xmlns:n1"] = "ns2";
		expect([node.getNamespaceForPrefix("n1"), node.getPrefixForNamespace("ns2")]).toEqual(["ns2", "n1"]);
		expect(node.getPrefixForNamespace("ns1")).toBe(null);
		node.attributes["xmlns:n2"] = 5;
		expect([node.getNamespaceForPrefix("n2"), node.getPrefixForNamespace("5")]).toEqual(["5", "n2"]);
	});
});
