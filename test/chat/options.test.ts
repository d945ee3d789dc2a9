import { describe, expect, it } from "vitest";
import { type ChatOptions, chatSchema, chatSettings, createChat } from "../../src/chat/index.ts";

const failure = (options: unknown): { code: string; message: string } => {
	try {
		createChat(options as ChatOptions);
	} catch (error) {
		return error as { code: string; message: string };
	}
	throw new Error("nothing was thrown");
};

describe("the chat's options", () => {
	it("all have a default", () => {
		expect(chatSettings({})).toEqual({
			rooms: [],
			createRooms: "live",
			history: 50,
			greet: true,
			tokens: "",
			guests: true,
			topics: "operators",
			maxRooms: 10_000,
			maxRoomsPerClient: 64,
			maxBadDocumentsPerMinute: 10,
			serverName: "xmlsocket",
			maxDocumentBytes: 262_144,
			documentsPerSecond: 1000,
		});
	});

	it("all say what they are for", () => {
		for (const [name, entry] of Object.entries(chatSchema.entries)) {
			expect(JSON.stringify(entry), name).toContain('"about":"');
		}
	});

	it("report every mistake at once", () => {
		const { code, message } = failure({ history: 101, greet: "yes", maxRooms: 0 });
		expect(code).toBe("XMLSOCKET_OPTION_INVALID");
		expect(message.split("\n").map((line) => line.slice(0, 18))).toEqual([
			'Option "history": ',
			'Option "greet": In',
			'Option "maxRooms":',
		]);
	});

	it("report an unknown one with the name that was meant", () => {
		expect(failure({ histroy: 5 })).toMatchObject({
			code: "XMLSOCKET_OPTION_UNKNOWN",
			message: 'There is no option "histroy"; did you mean "history"?',
		});
	});

	it("refuse rooms and token files that cannot be", () => {
		expect(failure({ rooms: ["\u0007"] }).code).toBe("XMLSOCKET_NAME_INVALID");
		expect(failure({ rooms: [":live"] }).code).toBe("XMLSOCKET_NAME_INVALID");
		expect(failure({ tokens: "# fine\nonlyatoken" })).toMatchObject({
			code: "XMLSOCKET_OPTION_INVALID",
			message: "Line 2 of the token file is not TOKEN NAME [operator].",
		});
	});
});
