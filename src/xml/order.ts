// Document order: the one way to walk over a tree that needs neither recursion nor a stack.

import { firstOf, nextOf, parentOf, type TreeNode } from "./tree-node.ts";

/** The node behind `node` in document order that is still below `top`. */
export function following(node: TreeNode, top: TreeNode): TreeNode | undefined {
	const child = firstOf(node);
	if (child !== null) return child;
	for (let at: TreeNode | null = node; at !== null && at !== top; at = parentOf(at)) {
		const next = nextOf(at);
		if (next !== null) return next;
	}
	return undefined;
}
