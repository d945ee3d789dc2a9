// The overview: the numbers of this moment, the charts of the last hour, the rooms with the most messages, the clients that read too slowly,
// and the nodes of a cluster.

import { byId, make, setText } from "../dom.ts";
import type { BusyRoom, NodeStatus, SlowReader } from "./api-types.ts";
import { type ChartSpec, Charts } from "./charts.ts";
import { KeyedTable } from "./keyed-table.ts";
import type { PageHost, View } from "./view.ts";
import { bytesWords, durationWords, millisecondsWords, nameWords, numberWords, timeOf, timeWords } from "./words.ts";

const CHARTS: readonly ChartSpec[] = [
	{
		title: "Connections",
		lines: [
			{ field: "connections", label: "all", colour: "--t3" },
			{ field: "clients", label: "clients", colour: "--t1" },
		],
		words: numberWords,
		atLeast: 10,
	},
	{
		title: "Messages per second",
		lines: [{ field: "messagesPerSecond", label: "messages", colour: "--t1" }],
		words: numberWords,
		atLeast: 10,
	},
	{
		title: "Deliveries per second",
		lines: [{ field: "deliveriesPerSecond", label: "deliveries", colour: "--t2" }],
		words: numberWords,
		atLeast: 10,
	},
	{
		title: "Latency (p99)",
		lines: [
			{ field: "eventLoopDelayP99Ms", label: "event loop", colour: "--t0" },
			{ field: "commitP99Ms", label: "commit", colour: "--t6" },
		],
		words: millisecondsWords,
		atLeast: 10,
	},
	{
		title: "Memory",
		lines: [
			{ field: "rssBytes", label: "process", colour: "--t6" },
			{ field: "heldBytes", label: "clients", colour: "--t4" },
		],
		words: bytesWords,
		atLeast: 64 * 1024 * 1024,
		isBytes: true,
	},
	{
		title: "Waiting for slow readers",
		lines: [{ field: "outboxBytes", label: "waiting", colour: "--t4" }],
		words: bytesWords,
		atLeast: 64 * 1024,
		isBytes: true,
	},
];
const MAX_ROWS = 8;

export class OverviewView implements View {
	readonly #page: PageHost;
	readonly #charts: Charts;
	readonly #tiles = new Map<string, HTMLElement>();
	readonly #rooms: KeyedTable<BusyRoom>;
	readonly #readers: KeyedTable<SlowReader>;
	readonly #nodes: KeyedTable<NodeStatus>;

	constructor(page: PageHost) {
		this.#page = page;
		// It scrolls, also with the keyboard.
		byId("view-overview", HTMLElement).tabIndex = 0;
		this.#charts = new Charts(byId("charts", HTMLElement), CHARTS, page.live.history, () => page.api.now());
		byId("tiles", HTMLElement).replaceChildren(
			...["Clients", "Connections", "Rooms", "Messages/s", "Deliveries/s", "Running for"].map((title) => {
				const value = make("dd", "", "–");
				this.#tiles.set(title, value);
				return make("div", "a-tile", make("dt", "", title), value);
			}),
		);
		this.#rooms = new KeyedTable<BusyRoom>(
			byId("busiest", HTMLTableElement),
			"Rooms with the most messages",
			[
				{ title: "Room", text: ({ name }) => nameWords(name) },
				{ title: "Members", className: "number", text: ({ members }) => numberWords(members) },
				{
					title: "Messages/s",
					className: "number",
					text: ({ messagesPerSecond }) => numberWords(messagesPerSecond),
				},
			],
			{ id: ({ name }) => name, opened: ({ name }) => page.go("rooms", [name]) },
		);
		this.#readers = new KeyedTable<SlowReader>(
			byId("slowest", HTMLTableElement),
			"Clients with the most unread output",
			[
				{ title: "Client", text: ({ name, address }) => (name ? nameWords(name) : (address ?? "")) },
				{ title: "Waiting", className: "number", text: ({ outboxBytes }) => bytesWords(outboxBytes) },
			],
			{
				id: ({ id }) => id,
				opened: ({ id, name, address }) => page.go("clients", [id], name ? { name } : { address: address ?? "" }),
			},
		);
		this.#nodes = new KeyedTable<NodeStatus>(
			byId("nodes", HTMLTableElement),
			"Nodes",
			[
				{ title: "Node", text: ({ node }) => nameWords(node) },
				{ title: "Clients", className: "number", text: ({ clients }) => numberWords(clients) },
				{ title: "Connections", className: "number wide", text: ({ connections }) => numberWords(connections) },
				{
					title: "Event loop (p99)",
					className: "number",
					text: ({ eventLoopDelayMs }) => millisecondsWords(eventLoopDelayMs.p99),
				},
				{
					title: "Longest",
					className: "number wide",
					text: ({ eventLoopDelayMs }) => millisecondsWords(eventLoopDelayMs.max),
				},
				{ title: "Memory", className: "number", text: ({ rssBytes }) => bytesWords(rssBytes) },
			],
			{ id: ({ node }) => node },
		);
	}

	title(): string {
		return "Overview";
	}

	open(): void {
		this.draw();
	}

	close(): void {}

	draw(): void {
		const { status, sample, history } = this.#page.live;
		this.#charts.draw();
		const newest = sample ?? history.newest;
		if (status) {
			const started = timeOf(status.startedAt);
			const now = this.#page.api.now();
			this.#tile("Clients", numberWords(newest?.clients ?? status.clients));
			const connections = status.nodes.reduce((sum, node) => sum + node.connections, 0);
			this.#tile("Connections", numberWords(newest?.connections ?? connections));
			this.#tile("Rooms", numberWords(status.rooms));
			this.#tile("Messages/s", numberWords(newest?.messagesPerSecond ?? status.messagesPerSecond));
			this.#tile("Deliveries/s", numberWords(newest?.deliveriesPerSecond ?? status.deliveriesPerSecond));
			this.#tile("Running for", Number.isNaN(started) ? "–" : durationWords(now - started));
			const since = this.#tiles.get("Running for")!;
			// Of several nodes, the one that answers says when it began.
			const node = status.nodes.length > 1 ? `${nameWords(status.node)}, ` : "";
			since.title = Number.isNaN(started) ? "" : `${node}since ${timeWords(started, now)}`;
			byId("nodes-part", HTMLElement).hidden = status.nodes.length < 2;
			this.#nodes.show(status.nodes, true);
		}
		const rooms = sample?.rooms?.slice(0, MAX_ROWS) ?? [];
		this.#rooms.show(rooms, false);
		setText(byId("busiest-none", HTMLElement), rooms.length === 0 ? "No room has messages at the moment." : "");
		const readers = sample?.readers?.slice(0, MAX_ROWS) ?? [];
		this.#readers.show(readers, false);
		setText(byId("slowest-none", HTMLElement), readers.length === 0 ? "All clients have read everything." : "");
	}

	#tile(title: string, value: string): void {
		setText(this.#tiles.get(title)!, value);
	}
}
