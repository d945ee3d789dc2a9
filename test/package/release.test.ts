// What a publisher relies on: the workflows name scripts that exist, every link of a page leads to a file of the package, and nothing is published
// while a placeholder is there.

import { execFileSync, spawnSync } from "node:child_process";
import {
	cpSync,
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const { scripts, version, exports, bin } = JSON.parse(read("package.json")) as {
	scripts: Record<string, string>;
	version: string;
	exports: Record<string, string | Record<string, string>>;
	bin: Record<string, string>;
};

interface Step {
	readonly run?: string;
	readonly uses?: string;
}
interface Job {
	readonly "runs-on": string;
	readonly "timeout-minutes"?: number;
	readonly steps: readonly Step[];
}
interface Workflow {
	readonly name: string;
	readonly on: Record<string, unknown>;
	readonly permissions: Record<string, string>;
	readonly jobs: Record<string, Job>;
}

const workflows = readdirSync(join(root, ".github/workflows")).map(
	(name) => [name, parse(read(`.github/workflows/${name}`)) as Workflow] as const,
);

describe.each(workflows)("the workflow %s", (_, workflow) => {
	const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

	it("runs scripts and files that exist", () => {
		const runs = steps.flatMap(({ run }) => run?.split("\n") ?? []);
		expect(runs.length).toBeGreaterThan(0);
		for (const run of runs) {
			const script = /\bnpm (?:run (?:--silent )?)([\w:]+)/.exec(run)?.[1];
			if (script !== undefined) expect(Object.keys(scripts), run).toContain(script);
			const file = /\b(?:node|bash) ((?!dist\/)[\w./-]+)/.exec(run)?.[1];
			if (file !== undefined) expect(existsSync(join(root, file)), run).toBe(true);
		}
	});

	it("names a release of each action, limits its time, and may only read unless a job says more", () => {
		for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d/);
		for (const job of Object.values(workflow.jobs)) {
			expect(job["timeout-minutes"]).toBeGreaterThan(0);
			expect(job["runs-on"]).toBeTruthy();
		}
		expect(workflow.permissions).toEqual({ contents: "read" });
	});
});

describe("continuous integration", () => {
	it("runs the releases of Node that `npm run matrix` runs, on three systems", () => {
		const ci = read(".github/workflows/ci.yml");
		const { matrix } = parse(ci).jobs.systems.strategy as { matrix: { node: number[]; system: string[] } };
		const [, releases] = /RELEASES = (\[.*\])/.exec(read("scripts/matrix.js"))!;
		expect(matrix.node.map(String)).toEqual(JSON.parse(releases!));
		expect(matrix.system.map((system) => system.replace("-latest", ""))).toEqual(["ubuntu", "windows", "macos"]);
	});

	it("the other files of .github are YAML", () => {
		for (const name of [
			"dependabot.yml",
			...readdirSync(join(root, ".github/ISSUE_TEMPLATE")).map((each) => `ISSUE_TEMPLATE/${each}`),
		])
			expect(typeof parse(read(`.github/${name}`))).toBe("object");
	});

	it("scripts of package.json use nothing that only a shell of Unix has", () => {
		for (const [name, script] of Object.entries(scripts)) {
			for (const part of script.split(" && "))
				expect(part, name).toMatch(/^(?:npm run|node|vitest|vitepress) [\w .:/-]+$/);
		}
	});
});

describe("the published package", () => {
	let packed: Set<string>;
	beforeAll(() => {
		const out = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
			cwd: root,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
			shell: process.platform === "win32",
		});
		const [{ files }] = JSON.parse(out) as [{ files: { path: string }[] }];
		packed = new Set(files.map(({ path }) => path));
	});

	it("has every file and folder that a link of its pages leads to, and the heading behind a #", () => {
		const pages = [...packed].filter(
			(path) => path.endsWith(".md") && !/^(?:CHANGELOG|CONTRIBUTING)\.md$|^node_modules\//.test(path),
		);
		expect(pages).toContain("README.md");
		const missing: string[] = [];
		for (const page of pages) {
			const text = read(page).replace(/^```[\s\S]*?^```/gm, "");
			for (const [, link = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
				if (/^[a-z]+:/.test(link)) continue;
				const [path = "", heading] = link.split("#");
				const target = path === "" ? page : posix.join(posix.dirname(page), path).replace(/\/$/, "");
				const isThere = packed.has(target) || [...packed].some((file) => file.startsWith(`${target}/`));
				if (!isThere && !NOT_PACKED.some((folder) => target.startsWith(folder))) missing.push(`${page}: ${link}`);
				else if (heading && target.endsWith(".md") && !headings(read(target)).has(heading))
					missing.push(`${page}: ${link}`);
			}
		}
		expect(missing).toEqual([]);
	});

	it("has every file that an entry point or the command names", () => {
		const named = [...Object.values(exports), ...Object.values(bin)].flatMap((each) =>
			typeof each === "string" ? [each] : Object.values(each),
		);
		for (const file of named) expect(packed).toContain(file.replace(/^\.\//, ""));
	});

	it("has no output of a source that is no more, and nothing of a build, a test or a run", () => {
		for (const file of packed) {
			const source = /^dist\/(?!console\/|admin-page\/|asc\/runtime\.js$)(.+)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(
				file,
			)?.[1];
			if (source !== undefined) expect(existsSync(join(root, "src", `${source}.ts`)), file).toBe(true);
			expect(file).not.toMatch(/tsbuildinfo|\.sources$|.node_modules|^test\/|xmlsocket-data|\.env|\.tgz$/);
		}
	});

	// npm warns about an install script of a dependency, and runs none of a bundled one. Where node_modules is a link, npm packs nothing of it.
	it.skipIf(lstatSync(join(root, "node_modules")).isSymbolicLink())(
		"contains LevelDB with its binaries, so that no install script is missed",
		() => {
			for (const system of ["darwin-x64+arm64", "linux-arm64", "linux-x64", "win32-x64"])
				expect(
					[...packed].some((file) => file.startsWith(`node_modules/classic-level/prebuilds/${system}/`)),
					system,
				).toBe(true);
		},
	);
});

/** Folders of the repository that pages mention, and the package leaves out. */
const NOT_PACKED = ["bench/", "flash", "test/", "site/"];

/** The names of the headings, as GitHub makes them. */
function headings(text: string): Set<string> {
	return new Set(
		[...text.matchAll(/^#+ (.+)$/gm)].map(([, words = ""]) =>
			words
				.toLowerCase()
				.replace(/[^\p{L}\p{N}\s_-]/gu, "")
				.replaceAll(" ", "-"),
		),
	);
}

describe("npm run release", () => {
	let copy: string;
	beforeAll(() => {
		copy = mkdtempSync(join(tmpdir(), "xmlsocket release "));
		for (const file of ["scripts/release.js", "package.json", "CHANGELOG.md", ".github"]) {
			mkdirSync(dirname(join(copy, file)), { recursive: true });
			cpSync(join(root, file), join(copy, file), { recursive: true });
		}
		writeFileSync(
			join(copy, "CHANGELOG.md"),
			`# Changelog\n\n## ${version} (unreleased)\n\n- One.\n\n## 0.0.1\n\n- Old.\n`,
		);
	});
	afterAll(() => rmSync(copy, { recursive: true, force: true }));

	const release = (...words: string[]): { status: number | null; out: string } => {
		const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/release.js", ...words], {
			cwd: copy,
			encoding: "utf8",
		});
		return { status, out: stdout + stderr };
	};

	it("refuses to publish while the owner, the date or the version is wrong, and says each", () => {
		const { status, out } = release("check", "v9.9.9");
		expect(status).toBe(1);
		expect(out).toContain("package.json, .github/CODEOWNERS, .github/ISSUE_TEMPLATE/config.yml: the owner");
		expect(out).toContain(`The version of package.json is ${version}, not 9.9.9.`);
		expect(out).toContain("write the date");
		expect(scripts.prepublishOnly).toMatch(/^node scripts\/release\.js check && /);
	});

	it("prints the notes of a version, and only those", () => {
		expect(release("notes", version)).toEqual({ status: 0, out: "- One.\n" });
		expect(release("notes", "v0.0.1")).toEqual({ status: 0, out: "- Old.\n" });
		expect(release("notes", "0.0.2").status).toBe(1);
	});

	it("allows it once the owner is set everywhere and the section has a date", () => {
		expect(release("owner", "no name").status).toBe(2);
		expect(release("owner", "example").status).toBe(0);
		const text = readFileSync(join(copy, "CHANGELOG.md"), "utf8");
		writeFileSync(join(copy, "CHANGELOG.md"), text.replace("(unreleased)", "(2027-01-01)"));
		expect(release("check", `v${version}`)).toEqual({ status: 0, out: "" });
		const { repository, bugs, homepage } = JSON.parse(readFileSync(join(copy, "package.json"), "utf8"));
		expect(repository.url).toBe("git+https://github.com/example/xmlsocket.git");
		expect(bugs).toBe("https://github.com/example/xmlsocket/issues");
		expect(homepage).toBe("https://example.github.io/xmlsocket/");
	});
});
