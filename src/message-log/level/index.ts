export {
	describeFolder,
	exportFolder,
	type FolderSummary,
	type Progress,
	repairFolder,
} from "./data-folder.ts";
export { backupFolder } from "./folder-backup.ts";
export { importFolder } from "./folder-import.ts";
export { LevelLog, type LevelLogOptions } from "./level-log.ts";
