// What every object of the old JavaScript had and today's does not: `watch` and `unwatch`, and `__resolve`, which provides the value of
// a property that an object does not have. An object pays for them only if its script uses them.

type Handler = (...values: unknown[]) => unknown;

interface Watchpoint {
	value: unknown;
	/** The accessor that was there before, whose value a watchpoint does not keep. */
	readonly accessor: PropertyDescriptor | undefined;
}

/** Adds them to `Object.prototype`. */
export function addObjectHooks(): void {
	const watchpoints = new WeakMap<object, Map<string, Watchpoint>>();
	hide("watch", function watch(this: object, name: unknown, handler: unknown, userData: unknown): boolean {
		const key = String(name);
		if (typeof handler !== "function") return false;
		Reflect.apply(unwatch, this, [key]);
		const old = Object.getOwnPropertyDescriptor(this, key);
		if (old?.configurable === false) return false;
		const point: Watchpoint = {
			value: old?.get || old?.set ? undefined : Reflect.get(this, key),
			accessor: old?.get || old?.set ? old : undefined,
		};
		const read = (self: unknown): unknown =>
			point.accessor ? point.accessor.get && Reflect.apply(point.accessor.get, self, []) : point.value;
		const made = Reflect.defineProperty(this, key, {
			get() {
				return read(this);
			},
			set(value: unknown) {
				const kept = (handler as Handler).call(this, key, read(this), value, userData);
				if (!point.accessor) point.value = kept;
				else if (point.accessor.set) Reflect.apply(point.accessor.set, this, [kept]);
			},
			enumerable: old?.enumerable ?? true,
			configurable: true,
		});
		if (!made) return false;
		const own = watchpoints.get(this) ?? new Map<string, Watchpoint>();
		watchpoints.set(this, own.set(key, point));
		return true;
	});
	function unwatch(this: object, name: unknown): boolean {
		const key = String(name);
		const point = watchpoints.get(this)?.get(key);
		if (!point) return false;
		watchpoints.get(this)?.delete(key);
		const current = Object.getOwnPropertyDescriptor(this, key);
		if (!current) return true; // the script has deleted the property
		Object.defineProperty(
			this,
			key,
			point.accessor ?? {
				value: point.value,
				writable: true,
				enumerable: current.enumerable === true,
				configurable: true,
			},
		);
		return true;
	}
	hide("unwatch", unwatch);
	// An assignment reaches this setter; `__resolve` in an object literal does not.
	Object.defineProperty(Object.prototype, "__resolve", {
		get: () => undefined,
		set(this: unknown, handler: unknown) {
			if ((typeof this !== "object" && typeof this !== "function") || this === null) return;
			Object.defineProperty(this, "__resolve", {
				value: handler,
				writable: true,
				enumerable: true,
				configurable: true,
			});
			if (typeof handler === "function") insertResolver(this);
		},
		enumerable: false,
		configurable: true,
	});
}

// Puts an object between `object` and its prototype that is asked for what neither has.
function insertResolver(object: object): void {
	const above = Object.getPrototypeOf(object) as object | null;
	const resolver = new Proxy(Object.create(above) as object, {
		get(target, name, receiver) {
			if (typeof name === "symbol" || Reflect.has(target, name)) return Reflect.get(target, name, receiver);
			const handler: unknown = Reflect.get(object, "__resolve");
			return typeof handler === "function" ? (handler as Handler).call(receiver, name) : undefined;
		},
	});
	Reflect.setPrototypeOf(object, resolver);
}

function hide(name: string, value: unknown): void {
	Object.defineProperty(Object.prototype, name, { value, writable: true, configurable: true, enumerable: false });
}
