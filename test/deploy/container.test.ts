// The daemon as a container runs it: as process 1, as user 1000 without capabilities, on a root file system that is read-only, with a volume.
// The namespaces are real; the image is not built here.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { openChat } from "../../src/index.ts";
import { cleanEnvironment, command } from "../end-to-end/daemon.ts";

const folder = mkdtempSync(join(tmpdir(), "container-"));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes the root file system of the container from that of this machine, with a volume at /data, and runs the words in it. */
const STEPS = `set -e
root=$1; owner=$2; shift 2
mount --rbind / "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755,uid=$owner,gid=$owner tmpfs "$root$root/data"
cd /
exec chroot "$root" "$@"`;
const NAMESPACES = ["--mount", "--pid", "--fork", "sh", "-c", STEPS, "sh"];
const USER = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "--no-new-privs", "--bounding-set=-all"];

function place(): string {
	const root = mkdtempSync(join(folder, "root-"));
	chmodSync(root, 0o755);
	mkdirSync(join(root, "data"));
	return root;
}

const canRun =
	process.getuid?.() === 0 &&
	spawnSync("unshare", [...NAMESPACES, place(), "1000", ...USER, process.execPath, command, "--version"]).status === 0;
if (!canRun) console.log("Skipped: this user cannot make a container with unshare, mount, chroot and setpriv.");

interface Container {
	readonly unshare: ChildProcess;
	readonly output: () => string;
	readonly errors: () => string;
	readonly data: string;
	/** The process id of its process 1, outside. */
	first(): number;
	ended: Promise<unknown[]>;
}

/** @param shell the words of a shell that is process 1; default: the daemon is. */
function container(owner: number, shell?: string): Container {
	const root = place();
	const data = join(root, "data");
	const daemon = [process.execPath, command, "serve", "--port", "0", "--json", "--data", join(data, "rooms")];
	const words = shell === undefined ? daemon : ["sh", "-c", shell, "sh", ...daemon];
	const unshare = spawn("unshare", [...NAMESPACES, root, String(owner), ...USER, ...words], {
		env: cleanEnvironment(),
		stdio: ["ignore", "pipe", "pipe"],
	});
	const ended = once(unshare, "close");
	let [output, errors] = ["", ""];
	unshare.stdout!.on("data", (chunk) => (output += String(chunk)));
	unshare.stderr!.on("data", (chunk) => (errors += String(chunk)));
	const first = (): number => Number(readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, "utf8").trim());
	onTestFinished(async () => {
		// The end of process 1 ends all others of the container.
		if (unshare.exitCode === null && unshare.signalCode === null) process.kill(first(), "SIGKILL");
		await ended;
	});
	return {
		unshare,
		output: () => output,
		errors: () => errors,
		data,
		ended,
		first,
	};
}

const portOf = async ({ output }: Container): Promise<number> => {
	await expect.poll(output).toMatch(/"port":\d+/);
	return Number(/"port":(\d+)/.exec(output())![1]);
};

describe.skipIf(!canRun)("in a container", () => {
	it("process 1 is user 1000 without capabilities, writes to its volume alone, and SIGTERM ends it in order", async () => {
		const running = container(1000);
		const chat = await openChat(`localhost:${await portOf(running)}`, { name: "ann" });
		const room = await chat.join("lobby");
		expect((await room.say("stored")).seq).toBe(1);
		const status = readFileSync(`/proc/${running.first()}/status`, "utf8");
		expect(status).toMatch(/^Uid:\s+1000\s+1000\s+1000\s+1000$/m);
		expect(status).toMatch(/^CapEff:\s+0+$/m);
		expect(status).toMatch(/^NSpid:\s+\d+\s+1$/m);
		process.kill(running.first(), "SIGTERM");
		expect((await running.ended)[0]).toBe(0);
		expect(running.errors()).toContain("stopping");
		expect(running.errors()).not.toContain("process 1 of this container");
		await chat.close();
	});

	it("a volume that belongs to root is named, with what to do, and the daemon ends with 1", async () => {
		const running = container(0);
		expect((await running.ended)[0]).toBe(1);
		expect(running.errors()).toContain("XMLSOCKET_DATA_UNREADABLE");
		expect(running.errors()).toContain(join(running.data, "rooms"));
		expect(running.errors()).toMatch(/permission denied/i);
	});

	it("a shell as process 1 is in the log, because it keeps SIGTERM to itself; with exec all is well", async () => {
		const behind = container(1000, '"$@"; true');
		await portOf(behind);
		await expect.poll(behind.errors).toMatch(/process 1 of this container is (?:da|ba)?sh/);
		const replaced = container(1000, 'exec "$@"');
		await portOf(replaced);
		process.kill(replaced.first(), "SIGTERM");
		expect((await replaced.ended)[0]).toBe(0);
		expect(replaced.errors()).not.toContain("process 1");
	});
});
