// The dialog in which a user confirms what is done to others: it says what will happen, asks for what is missing, does it, and stays open with
// the reason where the daemon refuses. Escape and Cancel close it.

import { byId, make, setAttribute, setText } from "../dom.ts";
import { failureWords } from "./api.ts";

/** One question of the dialog. */
export type Field =
	| {
			readonly kind: "choice";
			readonly name: string;
			readonly label: string;
			readonly options: readonly { readonly value: string; readonly label: string }[];
	  }
	| {
			readonly kind: "text";
			readonly name: string;
			readonly label: string;
			readonly maxLength: number;
			readonly isRequired?: boolean;
			readonly placeholder?: string;
			readonly isLong?: boolean;
	  };

/** The answers, by the names of the fields. */
export type Answers = Readonly<Record<string, string>>;

export interface ActionSpec {
	readonly title: string;
	/** What will happen. A function: it depends on the answers. */
	readonly words: string | ((answers: Answers) => string);
	readonly ok: string;
	readonly isDangerous: boolean;
	readonly fields: readonly Field[];
	/** Does it. @returns what was done, in words. Rejects with what the dialog shows */
	run(answers: Answers): Promise<string>;
}

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Shows the dialog. Resolves when it is closed, with what was done; undefined: nothing. */
export function confirmAction(spec: ActionSpec): Promise<string | undefined> {
	const dialog = byId("act", HTMLDialogElement);
	if (dialog.open) return Promise.resolve(undefined);
	const form = byId("act-form", HTMLFormElement);
	const ok = byId("act-ok", HTMLButtonElement);
	const cancel = byId("act-cancel", HTMLButtonElement);
	const problem = byId("act-problem", HTMLElement);
	const words = byId("act-words", HTMLElement);
	const inputs = new Map<string, Input>();
	const fields = spec.fields.map((field) => {
		const input = inputOf(field);
		inputs.set(field.name, input);
		return make("label", "", make("span", "", field.label), input);
	});
	const answers = (): Answers => Object.fromEntries([...inputs].map(([name, input]) => [name, input.value.trim()]));
	const describe = (): void => setText(words, typeof spec.words === "string" ? spec.words : spec.words(answers()));
	byId("act-fields", HTMLElement).replaceChildren(...fields);
	setText(byId("act-title", HTMLElement), spec.title);
	setText(ok, spec.ok);
	setText(problem, "");
	ok.className = spec.isDangerous ? "primary danger" : "primary";
	ok.disabled = false;
	describe();
	return new Promise((resolve) => {
		const done = new AbortController();
		const { signal } = done;
		const close = (result: string | undefined): void => {
			if (signal.aborted) return;
			done.abort();
			dialog.close();
			resolve(result);
		};
		form.addEventListener("input", describe, { signal });
		form.addEventListener(
			"submit",
			(event) => {
				event.preventDefault();
				if (ok.disabled) return;
				ok.disabled = true;
				setText(problem, "");
				spec.run(answers()).then(close, (error: unknown) => {
					if (signal.aborted) return;
					ok.disabled = false;
					setText(problem, failureWords(error) ?? "");
				});
			},
			{ signal },
		);
		cancel.addEventListener("click", () => close(undefined), { signal });
		dialog.addEventListener("close", () => close(undefined), { signal });
		dialog.showModal();
		// Enter must not do at once what cannot be undone.
		const first = [...inputs.values()][0] ?? (spec.isDangerous ? cancel : ok);
		first.focus();
	});
}

function inputOf(field: Field): Input {
	if (field.kind === "choice") {
		const select = make("select", "");
		for (const { value, label } of field.options) {
			const option = make("option", "", label);
			option.value = value;
			select.append(option);
		}
		return select;
	}
	const input = make(field.isLong ? "textarea" : "input", "");
	input.maxLength = field.maxLength;
	input.required = field.isRequired === true;
	input.autocomplete = "off";
	setAttribute(input, "placeholder", field.placeholder ?? "");
	if (input instanceof HTMLTextAreaElement) input.rows = 3;
	return input;
}
