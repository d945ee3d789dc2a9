// docs/chat.md describes every element that a client can send.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHAT_ELEMENTS } from "../../src/chat/handlers/index.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/chat.md"), "utf8");

test.each(CHAT_ELEMENTS)("docs/chat.md describes <%s>", (element) => {
	expect(page).toMatch(new RegExp(`<${element}[ />]`));
});
