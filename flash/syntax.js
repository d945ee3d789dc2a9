// Reads the part of ActionScript 2 that `actionscript.js` compiles: text to a tree. Every statement but a block or a function
// ends with a semicolon; nothing is guessed.

const TOKEN =
	/\s+|\/\/.*|\/\*[\s\S]*?\*\/|([A-Za-z_$][\w$]*)|(\d+(?:\.\d+)?)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(==|!=|&&|\|\||[-+*/%<>=!(){}[\].,;:])/y;
const ESCAPES = { n: "\n", r: "\r", t: "\t", 0: "\0" };
const LEVELS = [["||"], ["&&"], ["==", "!="], ["<", ">"], ["+", "-"], ["*", "/", "%"]];
const NAMED = { "||": "or", "&&": "and" };
const CONSTANTS = ["null", "undefined", "true", "false"];

/**
 * Reads a script.
 *
 * @param {string} source
 * @returns {any[]} its statements
 * @throws {SyntaxError} with the line
 */
export function parse(source) {
	const tokens = read(source);
	let at = 0;
	const is = (value) => tokens[at] !== undefined && tokens[at].kind !== "text" && tokens[at].value === value;
	const accept = (value) => {
		const found = is(value);
		if (found) at++;
		return found;
	};
	const fail = (wanted) => {
		const token = tokens[at];
		throw new SyntaxError(token ? `line ${token.line}: ${wanted}, not "${token.value}"` : `at the end: ${wanted}`);
	};
	const expect = (value) => accept(value) || fail(`"${value}" was expected`);
	const name = () => (tokens[at]?.kind === "name" ? tokens[at++].value : fail("a name was expected"));
	const typed = (value) => {
		if (accept(":")) name();
		return value;
	};
	const end = (node) => {
		expect(";");
		return node;
	};

	function statement() {
		if (is("function") && tokens[at + 1]?.kind === "name") return functionOf();
		if (accept("var")) return end({ is: "var", name: typed(name()), value: accept("=") ? expression() : undefined });
		if (accept("return")) return end({ is: "return", value: is(";") ? undefined : expression() });
		if (accept("if")) {
			const node = { is: "if", test: parenthesised(), body: statement(), otherwise: undefined };
			if (accept("else")) node.otherwise = statement();
			return node;
		}
		if (accept("while")) return { is: "while", test: parenthesised(), body: statement() };
		if (is("{")) return { is: "block", body: block() };
		const target = expression();
		if (!is("=")) return end(target);
		if (target.is !== "name" && target.is !== "member") fail("only a variable or a member can be assigned to");
		at++;
		return end({ is: "assign", target, value: expression() });
	}

	function block() {
		const body = [];
		expect("{");
		while (!accept("}")) body.push(statement());
		return body;
	}

	function parenthesised() {
		expect("(");
		const value = expression();
		expect(")");
		return value;
	}

	function listed(item) {
		const items = [];
		expect("(");
		while (!accept(")")) {
			if (items.length > 0) expect(",");
			items.push(item());
		}
		return items;
	}

	function functionOf() {
		expect("function");
		const own = is("(") ? "" : name();
		const parameters = listed(() => typed(name()));
		typed();
		return { is: "function", name: own, parameters, body: block() };
	}

	function expression(level = 0) {
		if (level === LEVELS.length) return unary();
		let left = expression(level + 1);
		while (LEVELS[level].some(is)) {
			const operator = tokens[at++].value;
			left = { is: NAMED[operator] ?? operator, left, right: expression(level + 1) };
		}
		return left;
	}

	function unary() {
		if (accept("!")) return { is: "not", value: unary() };
		if (accept("-")) return { is: "-", left: { is: "number", value: 0 }, right: unary() };
		let node = primary();
		for (;;) {
			if (accept(".")) node = { is: "member", object: node, key: { is: "text", value: name() } };
			else if (accept("[")) {
				node = { is: "member", object: node, key: expression() };
				expect("]");
			} else if (is("(") && (node.is === "name" || node.is === "member"))
				node = { is: "call", callee: node, args: listed(expression0) };
			else return node;
		}
	}

	const expression0 = () => expression();

	function primary() {
		const token = tokens[at];
		if (is("(")) return parenthesised();
		if (is("function")) return functionOf();
		if (accept("new")) return { is: "new", name: name(), args: listed(expression0) };
		if (token === undefined || token.kind === "sign") return fail("a value was expected");
		at++;
		if (token.kind !== "name") return { is: token.kind, value: token.value };
		return CONSTANTS.includes(token.value) ? { is: "constant", name: token.value } : { is: "name", name: token.value };
	}

	const statements = [];
	while (at < tokens.length) statements.push(statement());
	return statements;
}

function read(source) {
	const tokens = [];
	let line = 1;
	TOKEN.lastIndex = 0;
	while (TOKEN.lastIndex < source.length) {
		const from = TOKEN.lastIndex;
		const match = TOKEN.exec(source);
		if (!match) throw new SyntaxError(`line ${line}: "${source[from]}" is not understood`);
		const [all, word, digits, quoted, sign] = match;
		if (word) tokens.push({ kind: "name", value: word, line });
		else if (digits) tokens.push({ kind: "number", value: Number(digits), line });
		else if (quoted) tokens.push({ kind: "text", value: unquoted(quoted), line });
		else if (sign) tokens.push({ kind: "sign", value: sign, line });
		line += all.split("\n").length - 1;
	}
	return tokens;
}

const unquoted = (quoted) => quoted.slice(1, -1).replace(/\\(.)/g, (_, letter) => ESCAPES[letter] ?? letter);
