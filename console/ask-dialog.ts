// A dialog with a question and one line for the answer: Enter answers, Escape and Cancel close it.

import { byId, setText } from "./dom.ts";

/** What to ask. */
export interface Question {
	readonly title: string;
	readonly label: string;
	readonly ok: string;
	readonly value: string;
	readonly maxLength: number;
	/** Whether the answer may be empty. */
	readonly mayBeEmpty: boolean;
}

/** Shows the dialog. Resolves with the answer; undefined if the user cancels. */
export function ask(question: Question): Promise<string | undefined> {
	const dialog = byId("ask", HTMLDialogElement);
	const form = byId("ask-form", HTMLFormElement);
	const input = byId("ask-text", HTMLInputElement);
	setText(byId("ask-title", HTMLElement), question.title);
	setText(byId("ask-label", HTMLElement), question.label);
	setText(byId("ask-ok", HTMLElement), question.ok);
	input.maxLength = question.maxLength;
	input.required = !question.mayBeEmpty;
	input.value = question.value;
	return new Promise((resolve) => {
		const done = new AbortController();
		const { signal } = done;
		const answer = (value: string | undefined): void => {
			done.abort();
			dialog.close();
			resolve(value);
		};
		form.addEventListener(
			"submit",
			(event) => {
				event.preventDefault();
				answer(input.value);
			},
			{ signal },
		);
		byId("ask-cancel", HTMLElement).addEventListener("click", () => answer(undefined), { signal });
		dialog.addEventListener("close", () => answer(undefined), { signal });
		dialog.showModal();
		input.select();
	});
}
