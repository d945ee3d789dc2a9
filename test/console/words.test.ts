import { describe, expect, it } from "vitest";
import { errorWords, farewellWords, isNameRefusal, refusalWords } from "../../console/words.ts";
import { XMLSocketError } from "../../src/errors/index.ts";

describe("refusals in words", () => {
	it("has words of its own for what people meet, and the server's otherwise", () => {
		expect(errorWords("name-taken", "x")).toBe("Someone else is using that name. Please choose another.");
		expect(errorWords("muted", "You are muted for 7 more seconds.")).toBe("You are muted for 7 more seconds.");
		expect(errorWords("constructor", "")).toBe("The server refused that (constructor).");
		expect(refusalWords(new XMLSocketError("XMLSOCKET_KICKED", "x"))).toBe(
			"An operator has sent you out of this room.",
		);
		expect(farewellWords("XMLSOCKET_CLOSED")).toBe("The server has closed the connection.");
	});

	it("knows what only another name can mend", () => {
		expect(isNameRefusal(new XMLSocketError("XMLSOCKET_NAME_TAKEN", "x"))).toBe(true);
		expect(isNameRefusal(new XMLSocketError("XMLSOCKET_CONNECTION_LOST", "x"))).toBe(false);
	});
});
