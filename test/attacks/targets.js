// What can be attacked: the daemon with its default options first.

/**
 * @typedef {object} TargetKind
 * @property {string} name
 * @property {string} load which honest load it gets
 * @property {readonly string[]} command
 * @property {boolean} proxy whether the command has `--host` and `--trust-proxy`
 * @property {(given: { folder: string, attack: import("./attacks.js").Attack }) => readonly string[]} [flags]
 */

/** The daemon. @type {TargetKind} */
export const DAEMON = { name: "daemon", load: "chat", command: ["serve"], proxy: true };
