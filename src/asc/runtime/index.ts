// The runtime: the code inside an application's context before its scripts run. The build bundles it into one script, which the host
// evaluates once in the context. Every object that a script can see is created here.

import {
	type ApplicationFacts,
	application,
	applicationCallbacks,
	applicationStatus,
	openApplication,
} from "./application.ts";
import { dispatch, hostFunction, reportErrorsTo } from "./bridge.ts";
import { scriptClasses } from "./classes.ts";
import { addExtras } from "./extras.ts";
import { globals } from "./globals.ts";
import { reportFileFailuresTo } from "./host-apis.ts";
import { addObjectHooks } from "./object-hooks.ts";
import { keepError, reportError, reportKept } from "./report.ts";
import { allowSecureFunctions, secureFunctions } from "./secure.ts";

// Removed because JavaScript 1.5 did not have them and the heap limit does not cover them, or the watchdog cannot supervise them.
const REMOVED = (
	"ArrayBuffer SharedArrayBuffer DataView Atomics WebAssembly Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array " +
	"Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array FinalizationRegistry WeakRef console"
).split(" ");

for (const name of REMOVED) Reflect.deleteProperty(globalThis, name);
for (const [name, value] of Object.entries({ ...scriptClasses(), ...globals, ...secureFunctions, application }))
	Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
addExtras();
addObjectHooks();
reportErrorsTo(reportError);
reportFileFailuresTo(applicationStatus);
openApplication(JSON.parse(hostFunction("application.facts")() as string) as ApplicationFacts);

export { allowSecureFunctions, dispatch, keepError };
/** The numbers of the callbacks that the host calls. */
export const callbacks: Readonly<Record<string, number>> = { ...applicationCallbacks, reportKept };
