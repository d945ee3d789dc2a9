// The part of @xmpp/client that the tests use; the package has no types of its own.

declare module "@xmpp/client" {
	interface Stanza {
		readonly attrs: Readonly<Record<string, string | undefined>>;
		is(name: string): boolean;
		getChildText(name: string): string | null;
	}
	interface Entity {
		on(event: "error", listener: (error: Error) => void): void;
		on(event: "stanza", listener: (stanza: Stanza) => void): void;
		start(): Promise<{ toString(): string }>;
		stop(): Promise<unknown>;
		send(stanza: unknown): Promise<void>;
	}
	export function client(options: {
		readonly service: string;
		readonly domain: string;
		readonly username: string;
		readonly password: string;
	}): Entity;
	export function xml(name: string, attributes?: Record<string, string>, ...children: unknown[]): unknown;
}
