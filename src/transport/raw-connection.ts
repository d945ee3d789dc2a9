// A connection to one address for tools that look at single bytes: what arrives before anything was sent, and how the other side ends. It
// keeps what it received, up to a limit, and knows no documents. `dial.ts` opens the connections of clients.

import { connect as connectTcp, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type TLSSocket } from "node:tls";
import { onAbort } from "../link/index.ts";

/** Where to connect, and how. */
export interface RawConnectionOptions {
	/** An IPv4 or IPv6 address, not a name. */
	readonly address: string;
	readonly port: number;
	/** Until the connection, and its TLS handshake, is complete. */
	readonly timeoutMs: number;
	readonly signal?: AbortSignal | undefined;
	/** Establishes TLS for this name, and accepts any certificate; `certificate` says what is wrong with it. Default: no TLS. */
	readonly tls?: { readonly name: string; readonly ca?: string | undefined } | undefined;
}

/** The certificate of a TLS server. */
export interface PresentedCertificate {
	/** Why it is not trusted, as Node's code, such as DEPTH_ZERO_SELF_SIGNED_CERT; undefined: it is trusted. */
	readonly problem: string | undefined;
	/** The names and addresses that it is for, as the certificate spells them: `DNS:game.example`. */
	readonly names: readonly string[];
	/** Milliseconds since 1970. */
	readonly validFromMs: number;
	readonly validToMs: number;
	/** Whether it is for the name that was asked for. */
	readonly isForName: boolean;
	/** Whether issuer and subject are the same. */
	readonly isSelfSigned: boolean;
	/** The issuer's common name; "" if it has none. */
	readonly issuer: string;
}

/** Why there is no connection. `code` is that of Node, such as ECONNREFUSED, or ETIMEDOUT. */
export interface RawFailure {
	readonly code: string;
	readonly message: string;
	/** Whether TCP connected, and TLS failed. */
	readonly inTls: boolean;
	/** From the start to the failure, in milliseconds. */
	readonly tookMs: number;
}

const MAX_KEPT_BYTES = 1024 * 1024;

/** An open connection. Close it with `destroy`. */
export class RawConnection {
	/** From the start to the connection, with the TLS handshake if there is one, in milliseconds. */
	readonly tookMs: number;
	readonly certificate: PresentedCertificate | undefined;
	readonly #socket: Socket;
	readonly #chunks: Uint8Array[] = [];
	#length = 0;
	#ended = false;
	#error: string | undefined = undefined;
	#wake: () => void = () => {};

	/** @internal use `openRaw`. */
	constructor(socket: Socket, tookMs: number, certificate: PresentedCertificate | undefined) {
		this.#socket = socket;
		this.tookMs = tookMs;
		this.certificate = certificate;
		socket.on("data", (chunk: Buffer) => {
			this.#chunks.push(chunk);
			this.#length += chunk.length;
			if (this.#length >= MAX_KEPT_BYTES) socket.pause();
			this.#wake();
		});
		socket.on("end", () => this.#end());
		socket.on("error", (error: NodeJS.ErrnoException) => {
			this.#error ??= error.code ?? error.message;
			this.#end();
		});
		socket.on("close", () => this.#end());
	}

	/** All bytes that arrived, up to 1 MiB. */
	get received(): Buffer {
		return Buffer.concat(this.#chunks, this.#length);
	}

	/** Whether the other side ended its direction, or the connection broke. */
	get ended(): boolean {
		return this.#ended;
	}

	/** Node's code if the connection broke. */
	get error(): string | undefined {
		return this.#error;
	}

	/** Sends bytes. Resolves when they left this process, or at the end of the connection. */
	send(bytes: Uint8Array): Promise<void> {
		return new Promise((resolve) => {
			if (this.#ended) resolve();
			else this.#socket.write(bytes, () => resolve());
		});
	}

	/**
	 * Waits until `isEnough` accepts the received bytes, the connection ends, `ms` milliseconds pass, or `signal` is aborted.
	 *
	 * @returns whether `isEnough` accepted them.
	 */
	async until(isEnough: (received: Buffer) => boolean, ms: number, signal?: AbortSignal): Promise<boolean> {
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			this.#wake();
		}, ms);
		const offAbort = signal?.aborted ? undefined : onAbort(signal, () => this.#wake());
		try {
			for (;;) {
				if (isEnough(this.received)) return true;
				if (this.#ended || late || signal?.aborted || this.#length >= MAX_KEPT_BYTES) return false;
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
			}
		} finally {
			clearTimeout(timer);
			offAbort?.();
		}
	}

	/** Closes at once. */
	destroy(): void {
		this.#socket.destroy();
	}

	#end(): void {
		this.#ended = true;
		this.#wake();
	}
}

/**
 * Opens a connection to one address. It never rejects: a failure is a result.
 */
export function openRaw(options: RawConnectionOptions): Promise<RawConnection | RawFailure> {
	const { address, port, timeoutMs, signal, tls } = options;
	const begunMs = performance.now();
	return new Promise((resolve) => {
		let isConnected = false;
		const socket: Socket = tls
			? connectTls({
					host: address,
					port,
					rejectUnauthorized: false,
					...(isIP(tls.name) === 0 ? { servername: tls.name } : {}),
					...(tls.ca === undefined ? {} : { ca: tls.ca }),
				})
			: connectTcp({ host: address, port, allowHalfOpen: true });
		let offAbort = (): void => {};
		const settle = (result: RawConnection | RawFailure): void => {
			clearTimeout(timer);
			offAbort();
			socket.off("error", failed);
			if (!(result instanceof RawConnection)) {
				socket.on("error", () => {});
				socket.destroy();
			}
			resolve(result);
		};
		const failure = (code: string, message: string): void =>
			settle({ code, message, inTls: isConnected && tls !== undefined, tookMs: performance.now() - begunMs });
		const failed = (error: NodeJS.ErrnoException): void => failure(error.code ?? "UNKNOWN", error.message);
		const timer = setTimeout(() => failure("ETIMEDOUT", `no answer within ${timeoutMs} ms`), timeoutMs);
		socket.once("error", failed);
		socket.once("connect", () => {
			isConnected = true;
			if (!tls) settle(new RawConnection(socket, performance.now() - begunMs, undefined));
		});
		if (tls) {
			socket.once("secureConnect", () => {
				const certificate = presented(socket as TLSSocket, tls.name);
				settle(new RawConnection(socket, performance.now() - begunMs, certificate));
			});
			// A server that closes in the middle of the handshake is an error of its own for some versions only.
			socket.once("close", () => failure("ECONNRESET", "the connection ended during the TLS handshake"));
		}
		if (signal?.aborted) failure("ABORTED", "aborted");
		else offAbort = onAbort(signal, () => failure("ABORTED", "aborted"));
	});
}

function presented(socket: TLSSocket, name: string): PresentedCertificate {
	const certificate = socket.getPeerCertificate();
	const problem = socket.authorizationError as unknown;
	const code = problem instanceof Error ? ((problem as NodeJS.ErrnoException).code ?? problem.message) : problem;
	const commonName = (fields: { readonly CN?: unknown } | undefined): string => String(fields?.CN ?? "");
	return {
		problem: code ? String(code) : undefined,
		names: certificate.subjectaltname?.split(", ") ?? [commonName(certificate.subject)].filter((each) => each !== ""),
		validFromMs: Date.parse(certificate.valid_from),
		validToMs: Date.parse(certificate.valid_to),
		isForName: checkServerIdentity(name, certificate) === undefined,
		isSelfSigned: JSON.stringify(certificate.issuer) === JSON.stringify(certificate.subject),
		issuer: commonName(certificate.issuer),
	};
}
