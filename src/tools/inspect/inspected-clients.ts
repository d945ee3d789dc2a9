// Connects the clients of an inspector with its target: recognises what a client uses, dials, and closes a client that cannot be connected.
// What happens on the connection after that is in `inspected-pair.ts`.

import type { Socket } from "node:net";
import { XMLSocketError } from "../../errors/index.ts";
import { policyFile } from "../../policy/index.ts";
import type { Certificate } from "../../server/certificate.ts";
import { refuseUpgrade } from "../../server/http-answers.ts";
import { closeWithin, MessageAcceptor, remoteAddressOf, UpgradeRefused } from "../../transport/index.ts";
import { type Client, recogniseClient } from "./client-front.ts";
import { type ConnectionHost, InspectedPair } from "./inspected-pair.ts";
import type { InspectSettings } from "./options.ts";
import { MessageSide } from "./side.ts";
import { type Dialled, selfTarget, type TargetDialler } from "./target-dialler.ts";

/** What the clients of one inspector share. */
export interface ClientsHost {
	readonly settings: InspectSettings;
	readonly dialler: TargetDialler;
	readonly certificate: Certificate | undefined;
	readonly connections: ConnectionHost;
	/** The port and the addresses that are listened on. */
	port(): number;
	addresses(): readonly string[];
}

const POLICY_CLOSE_MS = 2000;
const CLIENT_ERRORS: ReadonlySet<string> = new Set(["XMLSOCKET_CLIENT_TLS_FAILED", "XMLSOCKET_WEBSOCKET_INVALID"]);

/** The clients of an inspector that are not connected with the target yet. */
export class InspectedClients {
	readonly #host: ClientsHost;
	readonly #acceptor: MessageAcceptor;
	readonly #waiting = new Map<InspectedPair, { readonly socket: Socket; readonly abort: AbortController }>();
	#isClosed = false;

	constructor(host: ClientsHost) {
		this.#host = host;
		this.#acceptor = new MessageAcceptor(host.settings.maxMessageBytes);
	}

	/** Takes an accepted connection. @param isFull it is closed, because there are too many. */
	accept(socket: Socket, number: number, isFull: boolean): InspectedPair {
		const address = remoteAddressOf(socket);
		const from = `${address.includes(":") ? `[${address}]` : address}:${socket.remotePort ?? 0}`;
		const pair = new InspectedPair(number, from, this.#host.settings.to, this.#host.connections);
		const abort = new AbortController();
		const { certificate } = this.#host;
		if (isFull) {
			socket.on("error", () => {}).destroy();
			const text = `The client was closed: ${this.#host.settings.maxConnections} connections are open already.`;
			pair.fail("client", new XMLSocketError("XMLSOCKET_INSPECTOR_FULL", text));
			return pair;
		}
		this.#waiting.set(pair, { socket, abort });
		recogniseClient(
			socket,
			{
				secureContext: certificate && (() => certificate.context),
				separatesPolicy: this.#host.settings.policy === "auto",
			},
			(client) => void this.#connect(pair, client, abort.signal),
			(error, during) => {
				this.#waiting.delete(pair);
				if (!error) pair.end(undefined);
				else pair.fail("client", during === "tls" ? tlsFailed(error) : error);
			},
		);
		return pair;
	}

	/** Closes all. */
	close(): void {
		this.#isClosed = true;
		for (const { socket, abort } of this.#waiting.values()) {
			abort.abort();
			socket.destroy();
		}
		this.#waiting.clear();
	}

	async #connect(pair: InspectedPair, client: Client, signal: AbortSignal): Promise<void> {
		if (client.kind === "policy") {
			this.#waiting.delete(pair);
			this.#answerPolicy(pair, client.socket, client.request);
			return;
		}
		try {
			if (client.kind === "stream") this.#checkStream(client);
			if (await this.#host.dialler.leadsTo(this.#host.port(), this.#host.addresses()))
				throw selfTarget(this.#host.settings.target, this.#host.port());
			const request = client.kind === "websocket" ? client.request : undefined;
			const target = await this.#host.dialler.dial(request, signal);
			this.#waiting.delete(pair);
			if (this.#isClosed) {
				target.side.destroy();
				refuse(client, undefined);
			} else if (client.kind === "stream")
				pair.connect(client.side, target.side, { passesUncut: client.isOpaqueTls || client.isHttp });
			else this.#connectWebSocket(pair, client, target);
		} catch (error) {
			this.#waiting.delete(pair);
			refuse(client, error);
			pair.fail(error instanceof XMLSocketError && CLIENT_ERRORS.has(error.code) ? "client" : "server", error);
		}
	}

	#connectWebSocket(pair: InspectedPair, client: Client & { readonly kind: "websocket" }, target: Dialled): void {
		const { request, socket } = client;
		const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
		// A stream has no sub-protocol; some pages ask for this one and mean bytes.
		const protocol = this.#host.dialler.isWebSocket ? target.protocol : offered.includes("binary") ? "binary" : "";
		const accepted = this.#acceptor.accept(request, socket, request.rest, protocol);
		if (accepted === undefined || typeof accepted === "string") {
			target.side.destroy();
			if (accepted !== undefined)
				refuseUpgrade(socket, "400 Bad Request", `The WebSocket handshake is invalid: ${accepted}.`);
			pair.end(accepted === undefined ? undefined : `the client's WebSocket handshake is invalid: ${accepted}`);
			return;
		}
		const textMessages = !this.#host.dialler.isWebSocket && /[?&]frames=text(?:&|$)/.test(request.url);
		pair.connect(new MessageSide(accepted, this.#host.settings.terminator), target.side, { textMessages });
	}

	#checkStream({ isOpaqueTls, isHttp }: Client & { readonly kind: "stream" }): void {
		if (isOpaqueTls && (this.#host.settings.target.secure || this.#host.dialler.isWebSocket)) {
			throw new XMLSocketError(
				"XMLSOCKET_CLIENT_TLS_FAILED",
				"The client uses TLS, and the inspector has no certificate for it.",
			);
		}
		if (isHttp && this.#host.dialler.isWebSocket)
			throw new XMLSocketError(
				"XMLSOCKET_WEBSOCKET_INVALID",
				"The client sent an HTTP request that is not for a WebSocket.",
			);
	}

	#answerPolicy(pair: InspectedPair, socket: Socket, request: Uint8Array): void {
		const text = policyFile({ ports: [this.#host.port()], domains: ["*"] });
		const answer = new TextEncoder().encode(text);
		pair.show("client", "policy", request, undefined);
		pair.show("server", "policy", answer, "injected");
		socket.on("error", () => {});
		closeWithin(socket, POLICY_CLOSE_MS);
		socket.resume();
		socket.once("close", () => pair.end("the inspector answered the request for a policy file"));
		socket.end(Buffer.concat([answer, Buffer.of(0)]));
	}
}

function refuse(client: Client, error: unknown): void {
	if (client.kind === "stream") client.side.destroy();
	else if (client.kind === "websocket") {
		const cause = error instanceof XMLSocketError ? error.cause : undefined;
		if (error === undefined) client.socket.destroy();
		else if (cause instanceof UpgradeRefused && cause.status >= 400 && cause.status <= 599)
			refuseUpgrade(client.socket, `${cause.status} Refused`, `The target answered: ${cause.message}.`);
		else refuseUpgrade(client.socket, "502 Bad Gateway", "The target cannot be reached.");
	}
}

function tlsFailed(error: Error): XMLSocketError {
	return new XMLSocketError("XMLSOCKET_CLIENT_TLS_FAILED", `The client's TLS handshake failed: ${error.message}.`, {
		cause: error,
	});
}
