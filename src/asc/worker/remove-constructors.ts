// Removes the way from an object of the worker's own realm to its code generation. If such an object ever reaches a script, for example the
// error of a refused `import()`, `error.constructor.constructor("…")` finds nothing. A second line of defence, not a security boundary.

/** Removes `constructor` from the prototypes of the four kinds of functions. */
export function removeFunctionConstructors(): void {
	const kinds = [
		(): void => {},
		async (): Promise<void> => {},
		function* (): Generator<void> {},
		async function* (): AsyncGenerator<void> {},
	];
	for (const kind of kinds) Reflect.deleteProperty(Object.getPrototypeOf(kind) as object, "constructor");
}
