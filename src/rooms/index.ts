export { type Member, Room } from "./room.ts";
export { Hub, type HubOptions } from "./room-registry.ts";
