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
		expect(message.split("\n")).toEqual([
			"The option history must be a whole number from 0 to 100, but is 101.",
			'The option greet must be true or false, but is "yes".',
			"The option maxRooms must be a whole number from 1 to 1000000, but is 0.",
		]);
	});

	it("report an unknown one with the name that was meant", () => {
		expect(failure({ histroy: 5 })).toMatchObject({
			code: "XMLSOCKET_OPTION_UNKNOWN",
			message: 'There is no option "histroy"; did you mean "history"?',
		});
	});

	it.each(["a:foo", "a:live:b", ":live", "", "\u0007", " ", "a\u0085", ":", "a:", "a:Live", "x".repeat(65)])(
		"refuse the room %j and say what is allowed",
		(room) => {
			expect(failure({ rooms: ["fine", room] })).toMatchObject({
				code: "XMLSOCKET_OPTION_INVALID",
				message: `The option rooms has the entry ${JSON.stringify(room.length > 40 ? `${room.slice(0, 40)}…` : room)}, but each entry must be NAME, NAME:stored or NAME:live; a name has 1 to 64 characters and no control characters.`,
			});
		},
	);

	it.each(["news", "Main Hall", "Main Hall:live", " a", "game:live", "game:stored", "a:b:stored", "a:b:live", "é"])(
		"accept the room %j",
		(room) => {
			expect(chatSettings({ rooms: [room] }).rooms).toEqual([room]);
		},
	);

	it("refuse a token file with a line that is no token", () => {
		expect(failure({ tokens: "# fine\nonlyatoken" })).toMatchObject({
			code: "XMLSOCKET_OPTION_INVALID",
			message: "Line 2 of the token file is not TOKEN NAME [operator].",
		});
	});
});
