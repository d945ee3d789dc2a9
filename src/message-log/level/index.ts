export {
	describeFolder,
	exportFolder,
	type FolderSummary,
	importFolder,
	type Progress,
} from "./data-folder.ts";
export { LevelLog, type LevelLogOptions } from "./level-log.ts";
