// The connections of a capture: a timeline with one lane for each, and a button for each that shows only this connection. It draws a few
// times a second at most.

import { make, setAttribute, setChildren, setText, tint } from "./dom.ts";
import { Roving } from "./roving.ts";
import { timeText } from "./traffic-list.ts";
import { type Connection, isDocument, type TrafficStore } from "./traffic-store.ts";

const MAX_CHIPS = 40;
const MAX_LANES = 12;
/** Of more events than this, the timeline draws only every second, third, … */
const MAX_DRAWN = 6000;

/** What it reports. */
export interface TimelineHost {
	/** Show only this connection; undefined: all. */
	chosen(connection: number | undefined): void;
	/** The user pointed at this event. */
	picked(index: number): void;
}

/** Draws both. */
export class TimelineView {
	readonly #canvas: HTMLCanvasElement;
	readonly #chips: HTMLElement;
	readonly #store: TrafficStore;
	readonly #host: TimelineHost;
	readonly #roving: Roving;
	readonly #buttons = new Map<number, HTMLButtonElement>();
	#chosen: number | undefined = undefined;
	#from = 0;
	#fromUs = 0;
	#toUs = 0;
	#lanes = new Map<number, number>();

	constructor(canvas: HTMLCanvasElement, chips: HTMLElement, store: TrafficStore, host: TimelineHost) {
		this.#canvas = canvas;
		this.#chips = chips;
		this.#store = store;
		this.#host = host;
		this.#roving = new Roving(chips);
		canvas.addEventListener("click", (event) => this.#clicked(event));
	}

	/** The connection that is shown alone. */
	get chosen(): number | undefined {
		return this.#chosen;
	}

	/** Shows all connections again. */
	reset(): void {
		this.#chosen = undefined;
	}

	/** Draws what the store has now. @param startedMs of the capture */
	draw(startedMs: number): void {
		this.#drawChips(startedMs);
		if (this.#canvas.clientWidth > 0) this.#drawLanes();
	}

	#drawChips(startedMs: number): void {
		const newest = [...this.#store.connections.values()].reverse();
		const shown = newest.sort((a, b) => Number(a.closedUs !== undefined) - Number(b.closedUs !== undefined));
		const chips = shown.slice(0, MAX_CHIPS).map((connection) => this.#chip(connection, startedMs));
		for (const number of this.#buttons.keys()) if (!this.#store.connections.has(number)) this.#buttons.delete(number);
		setChildren(this.#chips, chips);
		this.#roving.settle();
	}

	#chip(connection: Connection, startedMs: number): HTMLElement {
		const { number } = connection;
		let chip = this.#buttons.get(number);
		if (!chip) {
			chip = make("button", "", make("span", ""), make("span", "unseen"));
			// A screen reader says the same in words.
			chip.firstElementChild!.ariaHidden = "true";
			chip.type = "button";
			chip.addEventListener("click", () => {
				this.#chosen = this.#chosen === number ? undefined : number;
				this.#host.chosen(this.#chosen);
				this.draw(startedMs);
			});
			this.#buttons.set(number, chip);
		}
		const isOpen = connection.closedUs === undefined;
		setAttribute(chip, "class", `i-chip ${tint(`c${number}`)}${isOpen ? " is-open" : ""}`);
		setAttribute(chip, "aria-pressed", String(this.#chosen === number));
		setText(chip.firstElementChild as HTMLElement, `${number}  →${connection.client}  ←${connection.server}`);
		const state = isOpen ? "open" : connection.hasFailed ? "failed" : "closed";
		const words = `Connection ${number} from ${connection.from || "an unknown address"}, ${state}, since ${timeText(startedMs, connection.openedUs)}: ${connection.client} documents of the client, ${connection.server} of the server`;
		setAttribute(chip, "title", words);
		setText(chip.lastElementChild as HTMLElement, words);
		return chip;
	}

	#drawLanes(): void {
		const canvas = this.#canvas;
		const scale = devicePixelRatio || 1;
		const width = Math.round(canvas.clientWidth * scale);
		const height = Math.round(canvas.clientHeight * scale);
		if (canvas.width !== width) canvas.width = width;
		if (canvas.height !== height) canvas.height = height;
		const context = canvas.getContext("2d");
		if (!context) return;
		context.clearRect(0, 0, width, height);
		const { first, next } = this.#store;
		if (next === first) return;
		this.#from = first;
		const step = Math.ceil((next - first) / MAX_DRAWN);
		this.#fromUs = this.#store.at(this.#from)?.time ?? 0;
		this.#toUs = Math.max(this.#store.at(next - 1)?.time ?? 0, this.#fromUs + 1);
		this.#lanes = this.#findLanes(next - step * MAX_DRAWN, next, step);
		const laneHeight = height / Math.max(3, this.#lanes.size);
		const style = getComputedStyle(canvas);
		const colours = Array.from({ length: 8 }, (_, at) => style.getPropertyValue(`--t${at}`));
		const tick = Math.max(1, Math.round(scale));
		const drawn = new Set<number>();
		for (let index = this.#from + ((step - (this.#from % step)) % step); index < next; index += step) {
			const item = this.#store.at(index);
			const lane = item && this.#lanes.get(item.connection);
			if (item === undefined || lane === undefined) continue;
			const x = this.#xOf(item.time, width - tick);
			const isServer = isDocument(item) && item.direction === "server";
			// Many events share a pixel.
			const pixel = (x * MAX_LANES + lane) * 2 + Number(isServer);
			if (drawn.has(pixel)) continue;
			drawn.add(pixel);
			context.fillStyle = colours[Number(tint(`c${item.connection}`).slice(5))] ?? "gray";
			const top = lane * laneHeight;
			if (!isDocument(item)) context.fillRect(x, top + laneHeight * 0.4, tick * 2, laneHeight * 0.2);
			else context.fillRect(x, top + (isServer ? laneHeight * 0.5 : laneHeight * 0.1), tick, laneHeight * 0.4);
		}
	}

	#findLanes(from: number, next: number, step: number): Map<number, number> {
		const lanes = new Map<number, number>();
		for (let index = next - 1; index >= from && lanes.size < MAX_LANES; index -= step) {
			const connection = this.#store.at(index)?.connection ?? 0;
			if (connection !== 0 && !lanes.has(connection)) lanes.set(connection, 0);
		}
		return new Map([...lanes.keys()].sort((a, b) => a - b).map((connection, lane) => [connection, lane]));
	}

	#xOf(timeUs: number, width: number): number {
		return Math.round(((timeUs - this.#fromUs) / (this.#toUs - this.#fromUs)) * width);
	}

	#clicked(event: MouseEvent): void {
		const { clientWidth, clientHeight } = this.#canvas;
		const laneHeight = clientHeight / Math.max(3, this.#lanes.size);
		const lane = Math.floor(event.offsetY / laneHeight);
		let best: { readonly index: number; readonly px: number } | undefined;
		for (let index = this.#from; index < this.#store.next; index++) {
			const item = this.#store.at(index);
			if (!item || this.#lanes.get(item.connection) !== lane) continue;
			const px = Math.abs(this.#xOf(item.time, clientWidth) - event.offsetX);
			if (!best || px < best.px) best = { index, px };
		}
		if (best && best.px < 40) this.#host.picked(best.index);
	}
}
