// The rooms: a list that is sorted by the daemon, and a panel for one of them with its members and with what can be done in it.

import { button, byId, make } from "../dom.ts";
import { removeAction, sayAction } from "./actions.ts";
import type { MemberRow, RoomRow } from "./api-types.ts";
import { KeyedTable } from "./keyed-table.ts";
import { PagedList } from "./paged-list.ts";
import { partOf } from "./part-of.ts";
import type { Route } from "./route.ts";
import { SidePanel } from "./side-panel.ts";
import type { PageHost, View } from "./view.ts";
import { countWords, nameWords, numberWords } from "./words.ts";

const ORDERS = { name: "ascending", members: "descending", rate: "descending" } as const;

export class RoomsView implements View {
	readonly #page: PageHost;
	readonly #table: KeyedTable<RoomRow>;
	readonly #list: PagedList<RoomRow>;
	readonly #panel: SidePanel;
	readonly #members: PagedList<MemberRow>;
	#sort: keyof typeof ORDERS = "name";
	#selected = "";
	/** The selected room as it was last seen. */
	#room: RoomRow | undefined = undefined;

	constructor(page: PageHost) {
		this.#page = page;
		const { api } = page;
		this.#table = new KeyedTable<RoomRow>(
			byId("rooms-table", HTMLTableElement),
			"Rooms",
			[
				{
					title: "Name",
					sort: "name",
					text: ({ name }) => nameWords(name),
					note: ({ topic }) => (topic ? nameWords(topic) : ""),
				},
				{ title: "Kind", className: "wide", text: ({ kind }) => kind },
				{ title: "Members", sort: "members", className: "number", text: ({ members }) => numberWords(members) },
				{
					title: "Messages/s",
					sort: "rate",
					className: "number",
					text: ({ messagesPerSecond }) => numberWords(messagesPerSecond),
				},
			],
			{
				id: ({ name }) => name,
				opened: ({ name }) => page.go("rooms", [name], { sort: this.#sort }),
				sorted: (sort) => page.go("rooms", this.#selection(), { sort }, true),
			},
		);
		this.#list = new PagedList<RoomRow>(byId("rooms-frame", HTMLElement), this.#table, {
			load: (after, signal) => partOf<RoomRow>(api, "rooms", "rooms", { sort: this.#sort, after }, signal),
			empty: () => (this.#sort === "rate" ? "No room has messages at the moment." : "No room is open."),
			loaded: () => this.#drawPanel(),
		});
		const frame = make("div", "a-members");
		const table = make("table", "a-table");
		frame.append(table);
		const members = new KeyedTable<MemberRow>(
			table,
			"Members",
			[{ title: "Member", text: ({ name }) => nameWords(name) }],
			{
				id: ({ client }) => client,
				opened: ({ client, name }) => page.go("clients", [client], { name }),
				actions: ({ name, client }) => {
					const remove = button("Remove…", "small-button", () => void this.#remove(name, client));
					remove.setAttribute("aria-label", `Remove ${nameWords(name)}…`);
					return [remove];
				},
			},
		);
		this.#members = new PagedList<MemberRow>(frame, members, {
			load: (after, signal) =>
				partOf<MemberRow>(api, `rooms/${encodeURIComponent(this.#selected)}/members`, "members", { after }, signal),
			empty: () => "The room has no members.",
		});
		this.#panel = new SidePanel(
			byId("room-side", HTMLElement),
			[
				button("Say…", "small-button", () => void this.#say()),
				button("Watch traffic", "small-button", () => page.go("traffic", ["room", this.#selected])),
				button("Its clients", "small-button", () => page.go("clients", [], { room: this.#selected })),
			],
			[frame],
			() => page.go("rooms", [], { sort: this.#sort }),
		);
	}

	title(): string {
		return this.#selected === "" ? "Rooms" : `${nameWords(this.#selected)} · Rooms`;
	}

	open({ selected: [name = ""], query }: Route): void {
		const { sort = "" } = query;
		const order = Object.hasOwn(ORDERS, sort) ? (sort as keyof typeof ORDERS) : "name";
		this.#table.setSort(order, ORDERS[order]);
		if (order !== this.#sort) {
			this.#sort = order;
			this.#list.reset();
		}
		this.#select(name);
		this.#list.show(true);
		this.#members.show(name !== "");
	}

	close(): void {
		this.#list.show(false);
		this.#members.show(false);
	}

	#select(name: string): void {
		const isOther = name !== this.#selected;
		this.#selected = name;
		this.#table.select(name);
		this.#panel.hidden = name === "";
		if (!isOther || name === "") return;
		this.#room = undefined;
		this.#members.reset();
		this.#drawPanel();
	}

	#drawPanel(): void {
		if (this.#selected === "") return;
		const room = this.#table.row(this.#selected) ?? this.#room;
		this.#room = room;
		const slow = room?.slowModeSeconds ?? 0;
		this.#panel.show(nameWords(this.#selected), "", [
			["Topic", room?.topic ? nameWords(room.topic) : ""],
			["Kind", room?.kind ?? ""],
			["Members", room ? numberWords(room.members) : ""],
			["Messages", room ? `${numberWords(room.messagesPerSecond)} per second` : ""],
			["Last number", room?.lastSeq === undefined ? "" : room.lastSeq.toLocaleString()],
			["Slow mode", slow > 0 ? `a message every ${countWords(slow, "second")}` : ""],
		]);
	}

	async #say(): Promise<void> {
		const { api, live } = this.#page;
		await this.#page.act(sayAction(api, this.#selected, live.status?.server ?? "the server"));
	}

	async #remove(name: string, client: string): Promise<void> {
		if (await this.#page.act(removeAction(this.#page.api, this.#selected, name, client))) this.#members.refresh();
	}

	#selection(): string[] {
		return this.#selected === "" ? [] : [this.#selected];
	}
}
