// The option `on` of openChat() and join(): listeners by event. It checks the names and that each listener is a function.

import { nearestName, XMLSocketError } from "../../errors/index.ts";

/** @throws XMLSOCKET_OPTION_UNKNOWN for an event that does not exist; XMLSOCKET_OPTION_INVALID for a listener that is no function. */
export function checkListeners(call: string, on: object, events: readonly string[]): void {
	if (typeof on !== "object") {
		throw new XMLSocketError("XMLSOCKET_OPTION_INVALID", `The option on of ${call} must be an object with listeners.`);
	}
	for (const [event, listener] of Object.entries(on)) {
		if (!events.includes(event)) {
			const nearest = nearestName(event, events);
			throw new XMLSocketError(
				"XMLSOCKET_OPTION_UNKNOWN",
				`There is no event ${event} for the option on of ${call}${nearest ? `; did you mean ${nearest}?` : "."}`,
			);
		}
		if (listener === undefined || typeof listener === "function") continue;
		throw new XMLSocketError(
			"XMLSOCKET_OPTION_INVALID",
			`The option on.${event} of ${call} must be a function, but is of type ${typeof listener}.`,
		);
	}
}
