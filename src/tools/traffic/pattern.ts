// Regular expressions for filters whose time grows with the length of the text alone. JavaScript's own can take hours for a short text, and the
// texts here come from others. It follows all ways through the expression at once (Thompson's construction), so nothing is tried twice. It
// knows no references to groups, no lookahead and no lookbehind; those are what makes others slow.

/** What is wrong with a pattern, and where. */
export class PatternMistake extends Error {
	/** The index in the pattern. */
	readonly offset: number;

	constructor(message: string, offset: number) {
		super(message);
		this.offset = offset;
	}
}

/** Tests a text. */
export type Pattern = (text: string) => boolean;

/** Of a text, so many UTF-16 units from its beginning are searched. */
export const PATTERN_TEXT_UNITS: number = 65_536;
const MOST_INSTRUCTIONS = 500;
const MOST_REPEATS = 100;

type Test = (code: number) => boolean;
type Anchor = "^" | "$" | "b" | "B";
type Node =
	| { readonly kind: "test"; readonly test: Test }
	| { readonly kind: "anchor"; readonly anchor: Anchor }
	| { readonly kind: "sequence" | "choice"; readonly nodes: readonly Node[] }
	| { readonly kind: "repeat"; readonly node: Node; readonly least: number; readonly most: number };

type Instruction =
	| { readonly kind: "test"; readonly test: Test }
	| { readonly kind: "anchor"; readonly anchor: Anchor }
	| { readonly kind: "fork"; to: number; or: number }
	| { readonly kind: "done" };

/**
 * Compiles a pattern: the syntax of JavaScript with the flag `u`, without references, lookahead and lookbehind.
 *
 * @param flags of `i`, `s`, `m`.
 * @throws PatternMistake
 */
export function compilePattern(source: string, flags: string): Pattern {
	if (/^[\w\s<>="'&;:,#%@!~-]+$/.test(source) && (!flags.includes("i") || /^[\x20-\x7e]*$/.test(source))) {
		if (!flags.includes("i")) return (text) => text.slice(0, PATTERN_TEXT_UNITS).includes(source);
		const lower = source.toLowerCase();
		return (text) => text.slice(0, PATTERN_TEXT_UNITS).toLowerCase().includes(lower);
	}
	const program: Instruction[] = [];
	emit(new PatternReader(source, flags).read(), program);
	add(program, { kind: "done" });
	const multiline = flags.includes("m");
	return (text) => runs(program, text.slice(0, PATTERN_TEXT_UNITS), multiline);
}

class PatternReader {
	readonly #source: string;
	readonly #flags: string;
	#at = 0;

	constructor(source: string, flags: string) {
		this.#source = source;
		this.#flags = flags.includes("i") ? "iu" : "u";
		this.#dotAll = flags.includes("s");
	}
	readonly #dotAll: boolean;

	read(): Node {
		const node = this.#choice();
		if (this.#at < this.#source.length) throw this.#mistake("the end, or a ( before this )");
		return node;
	}

	#choice(): Node {
		const nodes = [this.#sequence()];
		while (this.#source[this.#at] === "|") {
			this.#at++;
			nodes.push(this.#sequence());
		}
		return nodes.length === 1 ? (nodes[0] as Node) : { kind: "choice", nodes };
	}

	#sequence(): Node {
		const nodes: Node[] = [];
		for (let next = this.#source[this.#at]; next !== undefined && next !== "|" && next !== ")"; ) {
			nodes.push(this.#repeated(this.#atom()));
			next = this.#source[this.#at];
		}
		return { kind: "sequence", nodes };
	}

	#repeated(node: Node): Node {
		const found = /^(?:([*+?])|\{(\d{1,9})(?:(,)(\d{0,9}))?\})\??/.exec(this.#source.slice(this.#at, this.#at + 24));
		if (found === null) return node;
		if (node.kind === "anchor") throw this.#mistake("no repetition of an anchor");
		const [all, sign, least = "0", comma, most = ""] = found;
		const start = this.#at;
		this.#at += all.length;
		if (/^[*+?{]/.test(this.#source.slice(this.#at))) throw this.#mistake("something between two repetitions");
		if (sign !== undefined)
			return { kind: "repeat", node, least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : Number.POSITIVE_INFINITY };
		const low = Number(least);
		const high = comma === undefined ? low : most === "" ? Number.POSITIVE_INFINITY : Number(most);
		if (low > MOST_REPEATS || (high !== Number.POSITIVE_INFINITY && (high > MOST_REPEATS || high < low)))
			throw this.#mistake(`a repetition in order, of at most ${MOST_REPEATS}`, start);
		return { kind: "repeat", node, least: low, most: high };
	}

	#atom(): Node {
		const start = this.#at;
		const character = String.fromCodePoint(this.#source.codePointAt(start) as number);
		this.#at += character.length;
		switch (character) {
			case "(": {
				if (this.#source[this.#at] === "?") {
					if (this.#source[this.#at + 1] !== ":")
						throw this.#mistake("a group without lookahead, lookbehind and name", start);
					this.#at += 2;
				}
				const node = this.#choice();
				if (this.#source[this.#at] !== ")") throw this.#mistake("a ) for the (", start);
				this.#at++;
				return node;
			}
			case "[":
				return this.#native(this.#classFrom(start), start);
			case "\\":
				return this.#escape(start);
			case "^":
			case "$":
				return { kind: "anchor", anchor: character };
			case ".":
				return this.#native(this.#dotAll ? "[^]" : ".", start);
			case "*":
			case "+":
			case "?":
				throw this.#mistake(`something before "${character}" that it repeats`, start);
			case "{":
			case "}":
			case "]":
				return this.#native(`\\${character}`, start);
			default:
				return this.#native(character, start);
		}
	}

	#escape(start: number): Node {
		const found = /^\\(?:u\{[\da-f]{1,6}\}|u[\da-f]{4}|x[\da-f]{2}|p\{[\w=]{1,64}\}|[\s\S])/iu.exec(
			this.#source.slice(start, start + 80),
		);
		if (found === null) throw this.#mistake("a character after the \\", start);
		const [text] = found;
		this.#at = start + text.length;
		if (text === "\\b" || text === "\\B") return { kind: "anchor", anchor: text === "\\b" ? "b" : "B" };
		if (/^\\[1-9k]/.test(text)) throw this.#mistake("no reference to a group", start);
		return this.#native(withoutNeedless(text), start);
	}

	// The source of a class, whose "[" is at `start`.
	#classFrom(start: number): string {
		let at = start + 1;
		if (this.#source[at] === "^") at++;
		while (at < this.#source.length && this.#source[at] !== "]") at += this.#source[at] === "\\" ? 2 : 1;
		if (at >= this.#source.length) throw this.#mistake("a ] for the [", start);
		this.#at = at + 1;
		return withoutNeedless(this.#source.slice(start, at + 1));
	}

	// A test of one character by the engine itself, which knows all classes, properties and letter cases.
	#native(source: string, start: number): Node {
		let single: RegExp;
		try {
			single = new RegExp(`^${source}$`, this.#flags);
		} catch {
			throw this.#mistake("a character or a class that JavaScript knows", start);
		}
		const ascii = Array.from({ length: 128 }, (_, code) => single.test(String.fromCharCode(code)));
		return {
			kind: "test",
			test: (code) => (code < 128 ? (ascii[code] as boolean) : single.test(String.fromCodePoint(code))),
		};
	}

	#mistake(expected: string, offset: number = this.#at): PatternMistake {
		return new PatternMistake(expected, offset);
	}
}

// With the flag `u` a backslash is allowed only where it is needed.
function withoutNeedless(source: string): string {
	return source.replace(/\\([^\w^$\\.*+?()[\]{}|/-])/gu, "$1");
}

function add(program: Instruction[], instruction: Instruction): number {
	if (program.length >= MOST_INSTRUCTIONS) throw new PatternMistake("a shorter expression, or fewer repetitions", 0);
	return program.push(instruction) - 1;
}

function emit(node: Node, program: Instruction[]): void {
	switch (node.kind) {
		case "test":
		case "anchor":
			add(program, node);
			return;
		case "sequence":
			for (const item of node.nodes) emit(item, program);
			return;
		case "choice": {
			const jumps: { to: number; or: number }[] = [];
			for (const [at, item] of node.nodes.entries()) {
				if (at === node.nodes.length - 1) {
					emit(item, program);
					break;
				}
				const fork = addFork(program);
				fork.to = program.length;
				emit(item, program);
				jumps.push(addFork(program));
				fork.or = program.length;
			}
			for (const jump of jumps) jump.to = jump.or = program.length;
			return;
		}
		case "repeat": {
			for (let count = 0; count < node.least; count++) emit(node.node, program);
			if (node.most === Number.POSITIVE_INFINITY) {
				const start = program.length;
				const fork = addFork(program);
				fork.to = program.length;
				emit(node.node, program);
				const back = addFork(program);
				back.to = back.or = start;
				fork.or = program.length;
				return;
			}
			const skips: { to: number; or: number }[] = [];
			for (let count = node.least; count < node.most; count++) {
				const fork = addFork(program);
				fork.to = program.length;
				skips.push(fork);
				emit(node.node, program);
			}
			for (const skip of skips) skip.or = program.length;
		}
	}
}

function addFork(program: Instruction[]): { to: number; or: number } {
	const fork = { kind: "fork" as const, to: 0, or: 0 };
	add(program, fork);
	return fork;
}

function runs(program: readonly Instruction[], text: string, multiline: boolean): boolean {
	// The position, from 1, at which an instruction was last put on the list: none is there twice.
	const seen = new Int32Array(program.length);
	let now: number[] = [];
	let next: number[] = [];
	const stack: number[] = [];
	let at = 0;
	let step = 0;
	// Whether the end of the program is reached from `start` without another character.
	const follow = (start: number, list: number[]): boolean => {
		stack.push(start);
		for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
			if (seen[index] === step) continue;
			seen[index] = step;
			const instruction = program[index] as Instruction;
			if (instruction.kind === "done") return true;
			if (instruction.kind === "test") list.push(index);
			else if (instruction.kind === "fork") stack.push(instruction.or, instruction.to);
			else if (holds(instruction.anchor, text, at, multiline)) stack.push(index + 1);
		}
		return false;
	};
	step = 1;
	if (follow(0, now)) return true;
	while (at < text.length) {
		const code = text.codePointAt(at) as number;
		at += code > 0xffff ? 2 : 1;
		step++;
		for (const index of now) {
			const { test } = program[index] as { readonly test: Test };
			if (test(code) && follow(index + 1, next)) return true;
		}
		// A match can begin at each place.
		if (follow(0, next)) return true;
		[now, next] = [next, now];
		next.length = 0;
	}
	return false;
}

function holds(anchor: Anchor, text: string, at: number, multiline: boolean): boolean {
	if (anchor === "^") return at === 0 || (multiline && isLineEnd(text.charCodeAt(at - 1)));
	if (anchor === "$") return at === text.length || (multiline && isLineEnd(text.charCodeAt(at)));
	return (isWord(text.charCodeAt(at - 1)) !== isWord(text.charCodeAt(at))) === (anchor === "b");
}

function isLineEnd(unit: number): boolean {
	return unit === 10 || unit === 13 || unit === 0x2028 || unit === 0x2029;
}

function isWord(unit: number): boolean {
	return (unit >= 48 && unit <= 57) || (unit >= 65 && unit <= 90) || unit === 95 || (unit >= 97 && unit <= 122);
}

/** The source of an expression that matches exactly this text. */
export function literally(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
