// Makes the movies of this folder, and that of examples/relay-game, from their sources: those in ActionScript 2 by the compiler beside it,
// chat.swf by Haxe where that is installed. The same sources give the same bytes.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { movie } from "./swf.js";

/** The release of Haxe that the kept chat.swf was made with; others write other bytes. */
export const HAXE = "4.2.5";

/** The client in ActionScript 2. */
export function greeter() {
	return movie(readFileSync(join(import.meta.dirname, "greeter.as"), "utf8"));
}

/** The player of examples/relay-game, in ActionScript 2. */
export function game() {
	const source = readFileSync(join(import.meta.dirname, "../examples/relay-game/game.as"), "utf8");
	return movie(source, { width: 640, height: 360 });
}

/** The installed release of Haxe, or undefined. */
export function haxeVersion() {
	try {
		return execFileSync("haxe", ["-version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
	} catch {
		return undefined;
	}
}

/**
 * The client in ActionScript 3, from Haxe.
 *
 * @returns {Buffer} the file
 */
export function chat() {
	const folder = mkdtempSync(join(tmpdir(), "xmlsocket-haxe-"));
	const file = join(folder, "chat.swf");
	const stage = ["-swf-header", "900:600:30:FBFAF8", "-swf-version", "11"];
	// Without native-trace, trace() would draw on the stage. Not compressed, so that no release of zlib changes the bytes.
	const defines = ["-dce", "full", "-D", "native-trace", "-D", "no-swf-compress"];
	try {
		execFileSync("haxe", [
			"-p",
			join(import.meta.dirname, "chat"),
			"-main",
			"Main",
			"-swf",
			file,
			...stage,
			...defines,
		]);
		return withoutChance(readFileSync(file));
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

// Haxe ends the name of its start class with four random digits.
function withoutChance(bytes) {
	return Buffer.from(bytes.toString("latin1").replaceAll(/boot_[0-9a-f]{4}/g, "boot_0000"), "latin1");
}
