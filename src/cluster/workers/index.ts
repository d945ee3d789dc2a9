export { FrameCursor } from "./frame-cursor.ts";
export { FrameWriter } from "./frame-writer.ts";
export { type HubOptions, type HubWorker, type HubWorkerEvents, PrimaryHub } from "./primary-hub.ts";
export { WorkerLink } from "./worker-link.ts";
