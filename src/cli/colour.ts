// Whether a stream shows colours, and text in a colour. https://no-color.org: any value of NO_COLOR but the empty one turns them off.

import { styleText } from "node:util";

/** The styles of this package's output. */
export type Style = "bold" | "cyan" | "dim" | "green" | "red" | "yellow";

/** Paints a text. */
export type PaintText = (style: Style, text: string) => string;

/** Whether a stream is a terminal that obeys escape sequences: those of Emacs and of some editors do not. */
export function isScreen(stream: { readonly isTTY?: boolean }): boolean {
	return stream.isTTY === true && process.env.TERM !== "dumb";
}

/** True on a terminal that can show colours, unless NO_COLOR is set. */
export function hasColour(stream: { readonly isTTY?: boolean }): boolean {
	return isScreen(stream) && !process.env.NO_COLOR;
}

/** Paints for a stream; returns the text unchanged where the stream shows no colours. */
export function painterFor(stream: { readonly isTTY?: boolean }): PaintText {
	// Without the option, newer releases of Node look at standard output, whatever stream the text is for.
	return hasColour(stream)
		? (style, text) => styleText(style, text, { validateStream: false })
		: (_style, text) => text;
}
