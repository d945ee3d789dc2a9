export { type Member, Room } from "./room.ts";
export { RoomRegistry, type RoomRegistryOptions } from "./room-registry.ts";
