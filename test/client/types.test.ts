// What the compiler knows about the client's public names. The expectations are checked by tsc over the tests; at run time
// they only show that the names exist.

import { describe, expectTypeOf, test } from "vitest";
import {
	type Chat,
	type ChatClientOptions,
	type Connection,
	type ConnectionStatus,
	type ConnectOptions,
	connect,
	element,
	openChat,
	type Receipt,
	type ReceivedDocument,
	type RequestOptions,
	type Room,
	type RoomMessage,
	type Sendable,
	XML,
	XMLNode,
	XMLSocket,
	XMLSocketError,
	xml,
} from "../../src/index.ts";

describe("the types of the package", () => {
	test("connect gives a connection of documents", () => {
		expectTypeOf(connect).parameter(0).toEqualTypeOf<string>();
		expectTypeOf(connect).parameter(1).toEqualTypeOf<ConnectOptions | undefined>();
		expectTypeOf(connect).returns.resolves.toEqualTypeOf<Connection>();
		expectTypeOf<Connection>().toExtend<AsyncIterable<ReceivedDocument>>();
		expectTypeOf<Connection>().toExtend<AsyncDisposable>();
		expectTypeOf<Connection["request"]>().returns.resolves.toEqualTypeOf<ReceivedDocument>();
		expectTypeOf<ReceivedDocument["text"]>().toEqualTypeOf<string>();
		expectTypeOf<ReceivedDocument["xml"]>().toEqualTypeOf<XML>();
		expectTypeOf<ReceivedDocument["json"]>().toEqualTypeOf<unknown>();
	});

	test("openChat gives a chat whose rooms are read in a loop", () => {
		expectTypeOf(openChat).parameter(1).toEqualTypeOf<ChatClientOptions | undefined>();
		expectTypeOf(openChat).returns.resolves.toEqualTypeOf<Chat>();
		expectTypeOf<Chat>().toExtend<AsyncDisposable>();
		expectTypeOf<Chat["join"]>().returns.resolves.toEqualTypeOf<Room>();
		expectTypeOf<Room>().toExtend<AsyncIterable<RoomMessage>>();
		expectTypeOf<Room["say"]>().returns.resolves.toEqualTypeOf<Receipt>();
	});

	test("text, nodes and templates can be sent, other objects cannot", () => {
		expectTypeOf<string>().toExtend<Sendable>();
		expectTypeOf(new XML("<a/>")).toExtend<Sendable>();
		expectTypeOf(new XMLNode(1, "a")).toExtend<Sendable>();
		expectTypeOf(xml`<a/>`).toExtend<Sendable>();
		expectTypeOf(element("a")).toExtend<Sendable>();
		expectTypeOf<{ type: string }>().not.toExtend<Sendable>();
		expectTypeOf<undefined>().not.toExtend<Sendable>();
	});

	test("events are typed by their names", () => {
		type On = Connection["on"];
		const listen = (on: On): void => {
			on("document", (document) => expectTypeOf(document).toEqualTypeOf<ReceivedDocument>());
			on("status", (status) => expectTypeOf(status).toEqualTypeOf<ConnectionStatus>());
			// @ts-expect-error there is no such event
			on("message", () => {});
		};
		expectTypeOf(listen).parameter(0).toEqualTypeOf<On>();
	});

	test("a status is told apart by its type", () => {
		const read = (status: ConnectionStatus): void => {
			if (status.type === "reconnecting") expectTypeOf(status.delayMs).toEqualTypeOf<number>();
			if (status.type === "disconnected") expectTypeOf(status.error).toEqualTypeOf<XMLSocketError>();
			if (status.type === "closed") expectTypeOf(status.error).toEqualTypeOf<XMLSocketError | undefined>();
		};
		expectTypeOf(read).returns.toEqualTypeOf<void>();
	});

	test("a request may give a signal, a time limit and its own match, and nothing else", () => {
		expectTypeOf<{ timeoutMs: number }>().toExtend<RequestOptions>();
		expectTypeOf<{ match: (document: ReceivedDocument) => boolean }>().toExtend<RequestOptions>();
		expectTypeOf<keyof RequestOptions>().toEqualTypeOf<"match" | "signal" | "timeoutMs">();
	});

	test("the documented class has the documented members and no others", () => {
		expectTypeOf<keyof XMLSocket>().toEqualTypeOf<
			"connect" | "send" | "close" | "onConnect" | "onData" | "onXML" | "onClose" | "timeout" | "maxUnprocessedChars"
		>();
		expectTypeOf(new XMLSocket()).toEqualTypeOf<XMLSocket>();
		expectTypeOf(XMLSocket()).toEqualTypeOf<undefined>();
		expectTypeOf<XMLSocket["connect"]>().returns.toEqualTypeOf<boolean>();
		expectTypeOf<XMLSocket["send"]>().returns.toEqualTypeOf<void>();
	});

	test("an error's code is one of the known codes", () => {
		expectTypeOf<"XMLSOCKET_CLOSED">().toExtend<XMLSocketError["code"]>();
		expectTypeOf<"XMLSOCKET_NO_SUCH_CODE">().not.toExtend<XMLSocketError["code"]>();
		expectTypeOf(XMLSocketError).toBeConstructibleWith("XMLSOCKET_CLOSED", "closed");
	});
});
