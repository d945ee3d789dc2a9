// The clients: a list that is sorted and filtered by the daemon, and a panel for one of them with what can be done with it.

import { button, byId, make, setChildren } from "../dom.ts";
import { countOfAddress, disconnectAction, removeAction, sanctionClientAction } from "./actions.ts";
import type { ClientRow, Part } from "./api-types.ts";
import { KeyedTable } from "./keyed-table.ts";
import { PagedList } from "./paged-list.ts";
import { partOf } from "./part-of.ts";
import type { Route } from "./route.ts";
import { SidePanel } from "./side-panel.ts";
import type { PageHost, View } from "./view.ts";
import { bytesWords, durationWords, nameWords, numberWords, timeOf, timeWords } from "./words.ts";

/** What the daemon can filter by. */
const FILTERS = ["name", "address", "room"] as const;
const ORDERS = { name: "ascending", rate: "descending", outbox: "descending", age: "descending" } as const;
const TYPING_MS = 250;
/** The bar of an outbox is full at this size. */
const FULL_OUTBOX_BYTES = 256 * 1024;

export class ClientsView implements View {
	readonly #page: PageHost;
	readonly #table: KeyedTable<ClientRow>;
	readonly #list: PagedList<ClientRow>;
	readonly #panel: SidePanel;
	readonly #rooms: HTMLElement = make("ul", "a-rooms");
	readonly #roomsTitle: HTMLElement = make("h3", "", "Rooms");
	readonly #by: HTMLSelectElement = byId("clients-by", HTMLSelectElement);
	readonly #filter: HTMLInputElement = byId("clients-filter", HTMLInputElement);
	#query: Readonly<Record<string, string>> = {};
	#selected = "";
	/** The selected client as it was last seen. */
	#client: ClientRow | undefined = undefined;
	#isGone = false;
	#roomKey = "[]";
	#typing: ReturnType<typeof setTimeout> | undefined = undefined;

	constructor(page: PageHost) {
		this.#page = page;
		this.#roomsTitle.hidden = true;
		this.#table = new KeyedTable<ClientRow>(
			byId("clients-table", HTMLTableElement),
			"Clients",
			[
				{
					title: "Name",
					sort: "name",
					text: (client) => (client.name === undefined ? client.id : nameWords(client.name)),
					note: (client) => [kindWords(client), client.address].filter((part) => part !== "").join(" · "),
				},
				{ title: "Address", className: "wide", text: ({ address }) => address },
				{ title: "Transport", className: "wide", text: ({ transport }) => transport },
				{ title: "Rooms", className: "wide a-clip", text: roomWords },
				{
					title: "Documents/s",
					sort: "rate",
					className: "number",
					text: ({ documentsPerSecond }) => numberWords(documentsPerSecond),
					note: ({ bytesPerSecond }) => `${bytesWords(bytesPerSecond)}/s`,
				},
				{
					title: "Outbox",
					sort: "outbox",
					className: "number",
					text: ({ outboxBytes }) => (outboxBytes === 0 ? "0" : bytesWords(outboxBytes)),
					share: ({ outboxBytes }) => outboxBytes / FULL_OUTBOX_BYTES,
				},
				{
					title: "Connected",
					sort: "age",
					className: "number wide",
					text: ({ connectedAt }) => durationWords(page.api.now() - timeOf(connectedAt)),
				},
			],
			{
				id: ({ id }) => id,
				opened: ({ id }) => page.go("clients", [id], this.#query),
				sorted: (sort) => page.go("clients", this.#selection(), { ...this.#query, sort }, true),
			},
		);
		this.#list = new PagedList<ClientRow>(byId("clients-frame", HTMLElement), this.#table, {
			load: (after, signal) => this.#load(after, signal),
			empty: () => (this.#isFiltered() ? "No client matches." : "No client is connected."),
			loaded: () => void this.#loaded(),
		});
		this.#panel = new SidePanel(
			byId("client-side", HTMLElement),
			[
				button("Watch traffic", "small-button", () => this.#watch()),
				button("Disconnect…", "small-button danger", () => void this.#disconnect()),
				button("Mute…", "small-button danger", () => void this.#sanction("mute")),
				button("Ban…", "small-button danger", () => void this.#sanction("ban")),
			],
			[this.#roomsTitle, this.#rooms],
			() => page.go("clients", [], this.#query),
		);
		byId("clients-form", HTMLFormElement).addEventListener("submit", (event) => {
			event.preventDefault();
			this.#filterChanged();
		});
		this.#filter.addEventListener("input", () => {
			clearTimeout(this.#typing);
			this.#typing = setTimeout(() => this.#filterChanged(), TYPING_MS);
		});
		this.#by.addEventListener("change", () => this.#filterChanged());
	}

	title(): string {
		return this.#client ? `${nameWords(this.#client.name)} · Clients` : "Clients";
	}

	open({ selected: [id = ""], query }: Route): void {
		const before = JSON.stringify(this.#query);
		this.#query = query;
		const by = FILTERS.find((name) => query[name]);
		if (by !== undefined) this.#by.value = by;
		const value = by === undefined ? "" : (query[by] ?? "");
		if (this.#filter.value.trim() !== value) this.#filter.value = value;
		const sort = this.#sort();
		this.#table.setSort(sort, ORDERS[sort]);
		if (JSON.stringify(query) !== before) this.#list.reset();
		this.#select(id);
		this.#list.show(true);
	}

	close(): void {
		clearTimeout(this.#typing);
		this.#list.show(false);
	}

	#load(after: string | undefined, signal: AbortSignal): Promise<Part<ClientRow>> {
		const query = { ...this.#filters(), sort: this.#sort(), after };
		return partOf<ClientRow>(this.#page.api, "clients", "clients", query, signal);
	}

	// The selected client may be on another part of the list.
	async #loaded(): Promise<void> {
		const id = this.#selected;
		if (id === "") return;
		let found = this.#table.row(id);
		const known = this.#client?.id === id ? this.#client : undefined;
		if (!found) {
			const query = known?.name ? { name: known.name } : known ? { address: known.address } : this.#filters();
			try {
				const part = await partOf<ClientRow>(this.#page.api, "clients", "clients", { ...query, limit: 500 });
				found = part.rows.find((row) => row.id === id);
				if (!found && part.missing.length > 0) return;
			} catch {
				// The list has said so.
				return;
			}
		}
		if (this.#selected !== id) return;
		this.#isGone = found === undefined;
		if (found) this.#client = found;
		this.#drawPanel();
	}

	#select(id: string): void {
		const isOther = id !== this.#selected;
		this.#selected = id;
		this.#table.select(id);
		this.#panel.hidden = id === "";
		if (id === "") this.#client = undefined;
		if (!isOther || id === "") return;
		this.#client = this.#table.row(id);
		this.#isGone = false;
		this.#drawPanel();
		if (!this.#client) this.#list.refresh();
	}

	#drawPanel(): void {
		const client = this.#client;
		if (!client) {
			const state = this.#isGone ? "This client has left." : "Loading…";
			this.#panel.show(this.#selected, state, []);
			this.#drawRooms([]);
			return;
		}
		const now = this.#page.api.now();
		const connected = timeOf(client.connectedAt);
		this.#panel.show(
			client.name === undefined ? client.id : nameWords(client.name),
			this.#isGone ? "This client has left." : "",
			[
				["Who", kindWords(client)],
				["Address", client.address],
				["Transport", client.transport],
				["Connected", `${durationWords(now - connected)}, since ${timeWords(connected, now)}`],
				[
					"Sends",
					`${numberWords(client.documentsPerSecond)} documents, ${bytesWords(client.bytesPerSecond)} per second`,
				],
				["Waits to be read", bytesWords(client.outboxBytes)],
				["Id", client.id],
				["Node", (this.#page.live.status?.nodes.length ?? 1) > 1 ? client.node : ""],
				["Session", client.session ? `${client.session}…` : ""],
			],
		);
		this.#drawRooms(this.#isGone ? [] : client.rooms);
	}

	#drawRooms(rooms: readonly string[]): void {
		const key = JSON.stringify(rooms);
		if (key === this.#roomKey) return;
		this.#roomKey = key;
		this.#roomsTitle.hidden = rooms.length === 0;
		setChildren(
			this.#rooms,
			rooms.map((room) => {
				const name = button("", "link", () => this.#page.go("rooms", [room]));
				name.append(make("bdi", "", nameWords(room)));
				const remove = button("Remove…", "small-button", () => void this.#remove(room));
				remove.setAttribute("aria-label", `Remove from ${nameWords(room)}…`);
				return make("li", "", name, remove);
			}),
		);
	}

	#watch(): void {
		const client = this.#client;
		if (client) this.#page.go("traffic", ["client", client.id], { name: client.name ?? client.address });
	}

	async #disconnect(): Promise<void> {
		const client = this.#client;
		if (!client || !(await this.#page.act(disconnectAction(this.#page.api, client)))) return;
		this.#table.markGone(client.id);
		this.#list.refresh();
	}

	async #remove(room: string): Promise<void> {
		const client = this.#client;
		if (!client) return;
		if (await this.#page.act(removeAction(this.#page.api, room, client.name, client.id))) this.#list.refresh();
	}

	async #sanction(kind: "ban" | "mute"): Promise<void> {
		const client = this.#client;
		if (!client) return;
		const { api } = this.#page;
		const sameAddress = await countOfAddress(api, client.address);
		if (await this.#page.act(sanctionClientAction(api, kind, client, sameAddress))) this.#list.refresh();
	}

	#filterChanged(): void {
		clearTimeout(this.#typing);
		const { sort = "" } = this.#query;
		this.#page.go("clients", this.#selection(), { [this.#by.value]: this.#filter.value.trim(), sort }, true);
	}

	#selection(): string[] {
		return this.#selected === "" ? [] : [this.#selected];
	}

	#filters(): Record<string, string | undefined> {
		return Object.fromEntries(FILTERS.map((name) => [name, this.#query[name]]));
	}

	#isFiltered(): boolean {
		return FILTERS.some((name) => this.#query[name]);
	}

	#sort(): keyof typeof ORDERS {
		const { sort = "" } = this.#query;
		return Object.hasOwn(ORDERS, sort) ? (sort as keyof typeof ORDERS) : "name";
	}
}

function kindWords({ guest, operator }: ClientRow): string {
	if (operator) return "operator";
	return guest ? "guest" : "";
}

function roomWords({ rooms, moreRooms = 0 }: ClientRow): string {
	const names = rooms.slice(0, 5).map(nameWords).join(", ");
	const more = rooms.length - Math.min(rooms.length, 5) + moreRooms;
	return more > 0 ? `${names} and ${more} more` : names;
}
