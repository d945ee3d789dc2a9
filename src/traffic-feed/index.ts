export { type TrafficControls, TrafficFeed, type TrafficFeedOptions } from "./traffic-feed.ts";
