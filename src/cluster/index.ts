export { Broker, type BrokerOptions, type Headers, type Receive, type Reply } from "./broker.ts";
export { JetStreamLog, type JetStreamLogOptions } from "./jetstream-log.ts";
export { NatsBus, type NatsBusOptions } from "./nats-bus.ts";
export { nameOfToken, subjectToken } from "./subject.ts";
