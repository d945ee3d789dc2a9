// Compares secrets in a time that does not depend on how much of them is the same.

const encoder = new TextEncoder();

/** Whether two secrets are the same. The time depends on the length of what was given alone. */
export function isSameSecret(given: string, secret: string): boolean {
	const [a, b] = [encoder.encode(given), encoder.encode(secret)];
	let difference = a.length ^ b.length;
	for (let at = 0; at < a.length; at++) difference |= a[at]! ^ (b[at % Math.max(1, b.length)] ?? 0);
	return difference === 0;
}
