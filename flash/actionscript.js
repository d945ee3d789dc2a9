// Compiles the part of ActionScript 2 that clients of XMLSocket are written in to the byte code of Flash Player 7 (AVM1): var,
// functions, if, while, return, assignment, calls, new, members, and the usual operators. It has no classes, no for, no switch,
// and refuses what it does not know. Types after a colon are read over. SWF File Format Specification 19, chapter 5.

import { parse } from "./syntax.js";

const BINARY = {
	"+": [0x47],
	"-": [0x0b],
	"*": [0x0c],
	"/": [0x0d],
	"%": [0x3f],
	"<": [0x48],
	">": [0x67],
	"==": [0x49],
	"!=": [0x49, 0x12],
};
const GET_VARIABLE = 0x1c;
const SET_VARIABLE = 0x1d;
const DEFINE_LOCAL = 0x3c;
const GET_MEMBER = 0x4e;
const SET_MEMBER = 0x4f;
const CALL_FUNCTION = 0x3d;
const CALL_METHOD = 0x52;
const NEW_OBJECT = 0x40;
const TRACE = 0x26;
const RETURN = 0x3e;
const POP = 0x17;
const NOT = 0x12;
const DUPLICATE = 0x4c;
const DEFINE_FUNCTION = 0x9b;
const PUSH = 0x96;
const JUMP = 0x99;
const IF = 0x9d;
const JUMP_LENGTH = 5;

/**
 * Compiles a script.
 *
 * @param {string} source
 * @returns {number[]} the actions, without the final zero
 * @throws {SyntaxError} with the line, where the script is not understood
 */
export function compile(source) {
	return parse(source).flatMap(statement);
}

/** @returns {number[]} */
function statement(node) {
	switch (node.is) {
		case "var":
			return [...text(node.name), ...(node.value ? expression(node.value) : push(3)), DEFINE_LOCAL];
		case "function":
			return defineFunction(node);
		case "return":
			return [...(node.value ? expression(node.value) : push(3)), RETURN];
		case "block":
			return node.body.flatMap(statement);
		case "if": {
			const otherwise = node.otherwise ? statement(node.otherwise) : [];
			const then = [...statement(node.body), ...jump(JUMP, otherwise.length)];
			return [...expression(node.test), NOT, ...jump(IF, then.length), ...then, ...otherwise];
		}
		case "while": {
			const body = statement(node.body);
			const test = [...expression(node.test), NOT, ...jump(IF, body.length + JUMP_LENGTH)];
			return [...test, ...body, ...jump(JUMP, -(test.length + body.length + JUMP_LENGTH))];
		}
		case "assign":
			return node.target.is === "name"
				? [...text(node.target.name), ...expression(node.value), SET_VARIABLE]
				: [...expression(node.target.object), ...expression(node.target.key), ...expression(node.value), SET_MEMBER];
		default:
			// trace() is an action of its own and leaves nothing behind.
			return isTrace(node) ? [...expression(node.args[0]), TRACE] : [...expression(node), POP];
	}
}

/** @returns {number[]} */
function expression(node) {
	switch (node.is) {
		case "text":
			return text(node.value);
		case "number":
			return number(node.value);
		case "constant":
			return { null: push(2), undefined: push(3), true: push(5, 1), false: push(5, 0) }[node.name];
		case "name":
			return [...text(node.name), GET_VARIABLE];
		case "member":
			return [...expression(node.object), ...expression(node.key), GET_MEMBER];
		case "new":
			return [...list(node.args), ...text(node.name), NEW_OBJECT];
		case "call":
			if (isTrace(node)) throw new SyntaxError("trace() has no value");
			return node.callee.is === "member"
				? [...list(node.args), ...expression(node.callee.object), ...expression(node.callee.key), CALL_METHOD]
				: [...list(node.args), ...text(node.callee.name), CALL_FUNCTION];
		case "function":
			return defineFunction(node);
		case "not":
			return [...expression(node.value), NOT];
		case "and":
		case "or": {
			// The left value stays where it decides; otherwise the right one takes its place.
			const right = [POP, ...expression(node.right)];
			const decides = node.is === "and" ? [NOT] : [];
			return [...expression(node.left), DUPLICATE, ...decides, ...jump(IF, right.length), ...right];
		}
		default:
			return [...expression(node.left), ...expression(node.right), ...BINARY[node.is]];
	}
}

// DefineFunction: name, count of parameters, their names, length of the body, body. Without a name the function is a value.
function defineFunction({ name, parameters, body }) {
	const code = body.flatMap(statement);
	const head = [...zeroEnded(name), ...word(parameters.length), ...parameters.flatMap(zeroEnded), ...word(code.length)];
	return [...action(DEFINE_FUNCTION, head), ...code];
}

// The player takes the first argument from the top of the stack, then the others, after their number.
const list = (args) => [...args.toReversed().flatMap(expression), ...number(args.length)];
const isTrace = (node) => node.is === "call" && node.callee.is === "name" && node.callee.name === "trace";
const action = (code, content) => [code, ...word(content.length), ...content];
const jump = (code, distance) => {
	if (Math.abs(distance) > 32_767) throw new SyntaxError("A jump goes no further than 32767 bytes; use functions");
	return action(code, word(distance));
};
const push = (type, ...bytes) => action(PUSH, [type, ...bytes]);
const text = (value) => push(0, ...zeroEnded(value));
// A whole number of 32 bits, or a double whose two halves are in the wrong order.
function number(value) {
	if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return push(7, ...word(value), ...word(value >> 16));
	const bytes = Buffer.alloc(8);
	bytes.writeDoubleLE(value);
	return push(6, ...bytes.subarray(4), ...bytes.subarray(0, 4));
}
const word = (n) => [n & 255, (n >> 8) & 255];
const zeroEnded = (value) => [...Buffer.from(value), 0];
