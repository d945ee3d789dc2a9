// A login in the chat page's address: what is taken from it, and what stays.

import { expect, it } from "vitest";
import { savedFor, takeLogin } from "../../console/login.ts";
import type { Saved } from "../../console/saved-chat.ts";
import { secretSite } from "../identity/site.ts";

const take = (hash: string): readonly [ReturnType<typeof takeLogin>, readonly string[]] => {
	const addresses: string[] = [];
	return [takeLogin({ pathname: "/chat/", search: "?x", hash }, (address) => addresses.push(address)), addresses];
};

it("the token is taken out of the address, the room stays", async () => {
	const token = await secretSite().token("Ännchen 🍵");
	expect(take(`#token=${token}`)).toEqual([{ token, name: "Ännchen 🍵" }, ["/chat/?x"]]);
	expect(take(`#token=${token}&room=caf%C3%A9`)).toEqual([{ token, name: "Ännchen 🍵" }, ["/chat/?x#caf%C3%A9"]]);
});

it("a room is no login, also one whose name begins like one; a token of another form has no name", () => {
	expect(take("#lobby")).toEqual([undefined, []]);
	expect(take("#token%3Dx")).toEqual([undefined, []]);
	expect(take("#token=sesame")[0]).toEqual({ token: "sesame", name: undefined });
	expect(take("#token=a.%25.c")[0]).toEqual({ token: "a.%.c", name: undefined });
	expect(take("#token=")).toEqual([undefined, ["/chat/?x"]]);
});

it("another user's login does not continue the session of the user before", () => {
	const saved: Saved = { name: "Bob", session: "s", rooms: ["x"] };
	expect(savedFor(saved, { token: "t", name: "Ann" })).toBeUndefined();
	expect(savedFor(saved, { token: "t", name: "Bob" })).toBe(saved);
	expect(savedFor(saved, undefined)).toBe(saved);
});
