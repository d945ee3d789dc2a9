// Cuts the way from any object of the worker's own realm to its code generation: should one ever reach a script, say the error of
// a refused `import()`, then `error.constructor.constructor("…")` leads nowhere. A second fence, and no security boundary.

/** Takes `constructor` from the prototypes of the realm's four kinds of functions. */
export function removeFunctionConstructors(): void {
	const kinds = [
		(): void => {},
		async (): Promise<void> => {},
		function* (): Generator<void> {},
		async function* (): AsyncGenerator<void> {},
	];
	for (const kind of kinds) Reflect.deleteProperty(Object.getPrototypeOf(kind) as object, "constructor");
}
