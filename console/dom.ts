// Making and finding elements. Text goes in as text, never as markup: there is no way through here to HTML.

/** The element with this id, which index.html holds. @throws Error where it does not, or holds another kind. */
export function byId<E extends HTMLElement>(id: string, type: { new (): E }): E {
	const found = document.getElementById(id);
	if (!(found instanceof type)) throw new Error(`The page has no ${type.name} "${id}".`);
	return found;
}

/** The elements of this class. */
export function byClass(name: string): HTMLElement[] {
	return [...document.querySelectorAll<HTMLElement>(`.${name}`)];
}

/** A new element with a class and contents. */
export function make<Name extends keyof HTMLElementTagNameMap>(
	name: Name,
	className: string,
	...contents: (Node | string)[]
): HTMLElementTagNameMap[Name] {
	const element = document.createElement(name);
	if (className !== "") element.className = className;
	element.append(...contents);
	return element;
}

/** A button that does something. */
export function button(label: string, className: string, run: () => void): HTMLButtonElement {
	const element = make("button", className, label);
	element.type = "button";
	element.addEventListener("click", run);
	return element;
}

/** Sets an element's text if it differs, so that screen readers do not repeat it. */
export function setText(element: HTMLElement, text: string): void {
	if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute where it differs; an empty one goes. */
export function setAttribute(element: HTMLElement, name: string, value: string): void {
	if (value === "") element.removeAttribute(name);
	else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Makes `children` the children of `parent`, touching only what differs: focus and scrolling stay. */
export function setChildren(parent: HTMLElement, children: readonly HTMLElement[]): void {
	const kept = new Set<Element>(children);
	for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
	let at = parent.firstElementChild;
	for (const child of children) {
		if (child === at) at = at.nextElementSibling;
		else parent.insertBefore(child, at);
	}
}

/** One of eight colour classes for a name, always the same one. */
export function tint(name: string): string {
	let sum = 0;
	for (let at = 0; at < name.length; at++) sum = (sum * 31 + name.charCodeAt(at)) >>> 0;
	return `tint-${sum % 8}`;
}
