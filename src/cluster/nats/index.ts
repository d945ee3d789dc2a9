export { Broker } from "./broker.ts";
export { JetStreamLog, type JetStreamLogOptions } from "./jetstream-log.ts";
export { NatsBus } from "./nats-bus.ts";
export { nameOfToken, subjectToken } from "./subject.ts";
