// Token buckets by key, for limits on how often something may happen. Full buckets are forgotten.

interface Bucket {
	tokens: number;
	atMs: number;
}

/** Buckets that are kept at once. */
const MAX_BUCKETS = 100_000;

/** How often something may happen for each key: `perSecond` on average, `burst` at once. */
export class TokenBuckets {
	readonly #perSecond: number;
	readonly #burst: number;
	readonly #maxBuckets: number;
	readonly #buckets = new Map<string, Bucket>();

	/** @param maxBuckets how many keys are kept; default 100,000. Beyond it new keys get no token until a sweep has made room. */
	constructor(limits: { readonly perSecond: number; readonly burst: number }, maxBuckets = MAX_BUCKETS) {
		this.#perSecond = limits.perSecond;
		this.#burst = limits.burst;
		this.#maxBuckets = maxBuckets;
	}

	/** The number of buckets. */
	get size(): number {
		return this.#buckets.size;
	}

	/** Takes one token; false where there is none. */
	take(key: string, nowMs: number): boolean {
		let bucket = this.#buckets.get(key);
		if (!bucket) {
			if (this.#buckets.size >= this.#maxBuckets) return false;
			bucket = { tokens: this.#burst, atMs: nowMs };
			this.#buckets.set(key, bucket);
		}
		bucket.tokens = this.#tokens(bucket, nowMs);
		bucket.atMs = nowMs;
		if (bucket.tokens < 1) return false;
		bucket.tokens--;
		return true;
	}

	/** Seconds until there is a token; 0 where there is one. */
	waitSeconds(key: string, nowMs: number): number {
		const bucket = this.#buckets.get(key);
		if (!bucket) return this.#buckets.size >= this.#maxBuckets ? 1 / this.#perSecond : 0;
		return Math.max(0, (1 - this.#tokens(bucket, nowMs)) / this.#perSecond);
	}

	/** Forgets the buckets that are full again: once a second. */
	sweep(nowMs: number): void {
		for (const [key, bucket] of this.#buckets)
			if (this.#tokens(bucket, nowMs) >= this.#burst) this.#buckets.delete(key);
	}

	#tokens(bucket: Bucket, nowMs: number): number {
		return Math.min(this.#burst, bucket.tokens + ((nowMs - bucket.atMs) * this.#perSecond) / 1000);
	}
}
