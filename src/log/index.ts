export { LevelLog, type LevelLogOptions } from "./level-log.ts";
