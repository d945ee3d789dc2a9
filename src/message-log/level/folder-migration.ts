// Brings a data folder of an older format to the present one, after a copy of it was made beside it. docs/guide/upgrading.md. A change of the
// format adds a migration here, and a folder of the format before it to test/fixtures.

import type { ClassicLevel } from "classic-level";
import { XMLSocketError } from "../../errors/index.ts";
import { piecesOf, writeCopy } from "./folder-copy.ts";
import { encodeMeta, FORMAT, type FolderMeta, META_KEY } from "./level-format.ts";

/** Changes a folder of one format into one of the next. */
export interface Migration {
	/** The format that it reads. It leaves the next one. */
	readonly from: number;
	/** It must be repeatable: where the process ends meanwhile, the next start runs it again. */
	run(database: ClassicLevel<Buffer, Buffer>): Promise<void>;
}

/** The format that is current, and how older ones get there. */
export interface Formats {
	readonly current: number;
	readonly migrations: readonly Migration[];
}

/** Format 1 is the first. */
export const FORMATS: Formats = { current: FORMAT, migrations: [] };

/** What a migration has done. */
export interface Migrated {
	readonly from: number;
	readonly to: number;
	/** The folder as it was before. */
	readonly copy: string;
}

/**
 * Migrates an open folder. The format in it changes last.
 *
 * Rejects with XMLSOCKET_DATA_TOO_NEW where a newer version has written it, XMLSOCKET_DATA_UNREADABLE where nothing leads from its format to
 * the present one, XMLSOCKET_BACKUP_FAILED and XMLSOCKET_FILE_EXISTS where the copy cannot be made; the folder is as before then.
 */
export async function migrate(
	database: ClassicLevel<Buffer, Buffer>,
	folder: string,
	meta: FolderMeta & { readonly log: string },
	{ current, migrations }: Formats,
): Promise<Migrated> {
	const { format, log, migratingTo } = meta;
	const words = `The data folder ${folder} has format ${String(format)}; this version reads format ${current}.`;
	if (typeof format !== "number" || !Number.isInteger(format)) {
		throw new XMLSocketError("XMLSOCKET_DATA_UNREADABLE", words);
	}
	if (format > current) {
		throw new XMLSocketError("XMLSOCKET_DATA_TOO_NEW", words, { details: { format, readable: current } });
	}
	const steps: Migration[] = [];
	for (let from = format; from < current; from++) {
		const step = migrations.find((migration) => migration.from === from);
		if (!step) throw new XMLSocketError("XMLSOCKET_DATA_UNREADABLE", words);
		steps.push(step);
	}
	const copy = `${folder}.format-${format}`;
	const write = async (next: FolderMeta): Promise<void> =>
		await database.batch([{ type: "put", key: META_KEY, value: encodeMeta(next) }], { sync: true });
	// After an interrupted migration the copy shows the folder before that; another one would not.
	if (migratingTo === undefined) {
		await writeCopy(copy, piecesOf(database));
		await write({ format, log, migratingTo: current });
	}
	for (const step of steps) await step.run(database);
	await write({ format: current, log });
	return { from: format, to: current, copy };
}
