import { describe, expect, it } from "vitest";
import { errorWords, farewellWords, isNameRefusal, refusalWords } from "../../console/words.ts";
import { XMLSocketError } from "../../src/errors/index.ts";

describe("texts of refusals", () => {
	it("has its own texts for common refusals, and otherwise the server's", () => {
		expect(errorWords("name-taken", "x")).toBe("Someone else is using that name. Please choose another.");
		expect(errorWords("muted", "You are muted for 7 more seconds.")).toBe("You are muted for 7 more seconds.");
		expect(errorWords("constructor", "")).toBe("The server refused that (constructor).");
		expect(refusalWords(new XMLSocketError("XMLSOCKET_KICKED", "x"))).toBe(
			"An operator has removed you from this room.",
		);
		expect(farewellWords("XMLSOCKET_CLOSED")).toBe("The server has closed the connection.");
	});

	it("recognises refusals that only another name can fix", () => {
		expect(isNameRefusal(new XMLSocketError("XMLSOCKET_NAME_TAKEN", "x"))).toBe(true);
		expect(isNameRefusal(new XMLSocketError("XMLSOCKET_CONNECTION_LOST", "x"))).toBe(false);
	});
});
