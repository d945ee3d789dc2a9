// The table of every error code: its class, what happened, what to do. `xmlsocket explain` and docs/errors.md are made
// from it. It holds words only, and nothing imports it where an error is thrown, so that a page's bundle does not carry it.

/**
 * Who caused an error: `usage` (the calling program or operator), `peer` (what the other end sent), `limit` (a bound was
 * reached), `network` (the connection between), `internal` (a fault of this package).
 */
export type ErrorClass = "usage" | "peer" | "limit" | "network" | "internal";

/** One row of the table. */
export interface ErrorEntry {
	readonly class: ErrorClass;
	/** What happened, in one sentence. */
	readonly text: string;
	/** What to do about it, where that is more than the message says. */
	readonly hint?: string;
}

/** Every code with its class, text and hint. On the wire a code appears lower-case, with dashes and without the prefix. */
export const ERROR_CODES = {
	XMLSOCKET_ABORTED: {
		class: "usage",
		text: "The caller's AbortSignal ended the operation.",
	},
	XMLSOCKET_ADDRESS_INVALID: {
		class: "usage",
		text: "An address could not be read.",
		hint: "Write HOST:PORT, :PORT, PORT, [::1]:PORT, or a URL that begins with xmlsocket://, xmlsockets://, ws:// or wss://.",
	},
	XMLSOCKET_ADMIN_CLIENT_UNKNOWN: {
		class: "usage",
		text: "The admin API was asked about a client that is not connected.",
		hint: "The ids of clients are those of api/clients; each connection has an id of its own.",
	},
	XMLSOCKET_ADMIN_FOREIGN_ORIGIN: {
		class: "usage",
		text: "A page of another site used the admin API.",
		hint: "Open the admin page at the daemon's own address, or list the site with --origin.",
	},
	XMLSOCKET_ADMIN_METHOD: {
		class: "usage",
		text: "A path of the admin API does not answer this method.",
	},
	XMLSOCKET_ADMIN_NOT_APPLICABLE: {
		class: "usage",
		text: "The admin API was asked for something that this daemon does not have.",
	},
	XMLSOCKET_ADMIN_PATH_UNKNOWN: {
		class: "usage",
		text: "The admin API has no such path.",
		hint: "docs/guide/administration.md lists the paths.",
	},
	XMLSOCKET_ADMIN_REFUSED: {
		class: "usage",
		text: "The daemon refused a command of its operator.",
	},
	XMLSOCKET_ADMIN_TOO_MANY_STREAMS: {
		class: "usage",
		text: "Too many streams of the admin API are open.",
		hint: "Close an admin page.",
	},
	XMLSOCKET_ADMIN_UNAUTHORIZED: {
		class: "usage",
		text: "A request to the admin API has no token, or a wrong one.",
		hint: "Send one of the tokens in the file of --admin-token-file.",
	},
	XMLSOCKET_APPLICATION_AWAY: {
		class: "network",
		text: "The worker that runs an application has ended, and none has replaced it in time.",
		hint: "Connect again. The log says why the worker has ended.",
	},
	XMLSOCKET_APPLICATION_BUSY: {
		class: "limit",
		text: "Too many documents wait for an application's scripts.",
		hint: "Make the script's handlers faster, send more slowly, or raise maxQueuedDocuments.",
	},
	XMLSOCKET_APPLICATION_REFUSED: {
		class: "peer",
		text: "A Server-Side ActionScript application disconnected a client because of what the client sent.",
		hint: "Send what the message asks for; docs/guide/asc.md describes the documents.",
	},
	XMLSOCKET_APPLICATION_UNKNOWN: {
		class: "peer",
		text: "A client asked for an application that does not run here.",
		hint: "Name one of those that `xmlsocket run` prints, or omit `app` for the first.",
	},
	XMLSOCKET_APPLICATION_XML_INVALID: {
		class: "usage",
		text: "An Application.xml could not be read.",
		hint: "Fix the place that the message names; docs/guide/asc.md lists what is read.",
	},
	XMLSOCKET_ATTRIBUTE_INVALID: {
		class: "peer",
		text: "An attribute is missing or has a value that is not allowed.",
	},
	XMLSOCKET_BACKUP_FAILED: {
		class: "usage",
		text: "A copy of a data folder could not be made; nothing is left of it.",
		hint: "The message names the cause. Take the backup as the user that runs the daemon, to a disk with enough space.",
	},
	XMLSOCKET_BANNED: {
		class: "peer",
		text: "The name, the session or the address is banned from the room or from the server.",
		hint: "Wait until the ban ends, or ask an operator.",
	},
	XMLSOCKET_BROKER_UNREACHABLE: {
		class: "network",
		text: "NATS, which the daemons of a cluster share, cannot be reached or does not answer.",
		hint: "Start nats-server (with -js for stored rooms), and check the address, the user and the network; the daemon reconnects by itself after a lost connection.",
	},
	XMLSOCKET_BUS_MESSAGES_DROPPED: {
		class: "network",
		text: "The daemon dropped messages that another program, or another daemon, published on its subjects in NATS.",
		hint: "Run the same version of the daemon everywhere, and let nothing else publish below xmlsocket. in that NATS account.",
	},
	XMLSOCKET_CERTIFICATE_UNREADABLE: {
		class: "usage",
		text: "The TLS certificate or its key could not be read, or they do not match.",
		hint: "Check that both files exist, are PEM and readable by this user, and that the key belongs to the certificate.",
	},
	XMLSOCKET_CLIENT_TLS_FAILED: {
		class: "network",
		text: "A client of an inspector uses TLS, and its handshake did not succeed.",
		hint: "Give the inspector a certificate that the client trusts, for the name that the client connects to: --tls-cert and --tls-key.",
	},
	XMLSOCKET_CLOSED: {
		class: "usage",
		text: "The connection was already closed.",
		hint: "Look at the close event for the cause; connect again, or use reconnect.",
	},
	XMLSOCKET_CONFIG_UNREADABLE: {
		class: "usage",
		text: "The configuration file could not be read or is not JSON.",
		hint: "Fix the place that the message names; `xmlsocket config` shows the current values.",
	},
	XMLSOCKET_CONNECTION_LOST: {
		class: "network",
		text: "The connection broke.",
		hint: "Look at the cause; with reconnect: true the client reconnects by itself.",
	},
	XMLSOCKET_CONNECT_FAILED: {
		class: "network",
		text: "No connection could be made.",
		hint: "Check that the server runs, that host and port are right, and that no firewall blocks the connection.",
	},
	XMLSOCKET_CONNECT_TIMEOUT: {
		class: "network",
		text: "No connection was made in time.",
		hint: "Check the host and the network, or raise the time limit (connectTimeoutMs).",
	},
	XMLSOCKET_DATA_DAMAGED: {
		class: "usage",
		text: "The files of the data folder are damaged.",
		hint: "Copy the folder, then run `xmlsocket data DIR repair`: it keeps the messages that can still be read.",
	},
	XMLSOCKET_DATA_IN_USE: {
		class: "usage",
		text: "The data folder is open in another process.",
		hint: "Stop the other daemon, or use another folder with --data; only one process can use a folder. `xmlsocket data DIR backup TARGET` copies it meanwhile.",
	},
	XMLSOCKET_DATA_TOO_NEW: {
		class: "usage",
		text: "A newer version of this program has written the data folder.",
		hint: "Update xmlsocket, or use the copy from before the update: a folder with `.format-` in its name, or your backup.",
	},
	XMLSOCKET_DATA_UNREADABLE: {
		class: "usage",
		text: "The data folder cannot be opened.",
		hint: "The message names the cause: often missing permissions, a full disk, or a folder of another version. --memory needs no folder.",
	},
	XMLSOCKET_DOCTYPE_REFUSED: {
		class: "peer",
		text: "A document has a DOCTYPE.",
		hint: "Leave it out; the server reads no document type declarations.",
	},
	XMLSOCKET_DOCUMENT_INVALID: {
		class: "usage",
		text: "The value to send is not a document.",
		hint: "Send a string, a node, or xml`…`; convert other objects to text first, for example with JSON.stringify.",
	},
	XMLSOCKET_DOCUMENT_NOT_JSON: {
		class: "peer",
		text: "A document was read as JSON but is not JSON.",
		hint: "Look at its text; it may be XML or a format of its own.",
	},
	XMLSOCKET_DOCUMENT_TIMEOUT: {
		class: "peer",
		text: "A document began but did not end in time.",
		hint: "Send the whole document at once, and end it with its zero byte.",
	},
	XMLSOCKET_DOCUMENT_TOO_LARGE: {
		class: "peer",
		text: "A document is longer than the limit.",
		hint: "Split it, or raise the limit (--max-document; --max-first-document-bytes for the first of a connection; maxUnprocessedChars in a stream) where such documents are expected.",
	},
	XMLSOCKET_ELEMENTS_REFUSED: {
		class: "peer",
		text: "An element that may contain only text contains elements.",
		hint: "Escape the text, or use <send>, whose content may be any XML.",
	},
	XMLSOCKET_FILE_EXISTS: {
		class: "usage",
		text: "A file that a command would write exists already.",
		hint: "Choose another name, or remove the file.",
	},
	XMLSOCKET_FILE_FAILED: {
		class: "usage",
		text: "A script could not use a file.",
		hint: "The message names the file and the cause: often missing permissions, a full disk, or a missing folder.",
	},
	XMLSOCKET_FILE_NOT_WRITTEN: {
		class: "usage",
		text: "A command could not write a file.",
		hint: "Check that the folder exists and that this user can write there.",
	},
	XMLSOCKET_FILE_REFUSED: {
		class: "usage",
		text: "A script named a file outside its application's folder.",
		hint: "Use names relative to that folder; links that lead outside are refused too.",
	},
	XMLSOCKET_FILTER_FAILED: {
		class: "internal",
		text: "The message filter of the program that runs the chat failed, or took longer than 2 s.",
		hint: "Send the message again; the server has reported the failure.",
	},
	XMLSOCKET_FILTER_INVALID: {
		class: "usage",
		text: "A filter of traffic could not be read.",
		hint: "A filter is an element path, /text/, or a word such as client, joined by and, or, not. docs/guide/filters.md lists them all.",
	},
	XMLSOCKET_FOLDER_UNREADABLE: {
		class: "usage",
		text: "The folder to serve cannot be read, or is not a folder.",
		hint: "Check the path, and that this user can read it.",
	},
	XMLSOCKET_HOST_UNAVAILABLE: {
		class: "usage",
		text: "The server cannot listen on the address that --host names.",
		hint: "Use localhost (this machine only), * (every address), or one address of this machine. The port belongs in --port.",
	},
	XMLSOCKET_HTTP_FAILED: {
		class: "network",
		text: "An HTTP request of a script got no complete response.",
		hint: "The message names the address and the cause; check that the server runs, or raise the time limit.",
	},
	XMLSOCKET_HTTP_REFUSED: {
		class: "usage",
		text: "A script may not load from this address.",
		hint: "Use http:// or https://, and add the host to those that scripts may load from.",
	},
	XMLSOCKET_HTTP_TOO_LARGE: {
		class: "limit",
		text: "The response to an HTTP request of a script is longer than the limit.",
		hint: "Request less, or raise the limit.",
	},
	XMLSOCKET_IDLE: {
		class: "limit",
		text: "Nothing was received for longer than the idle limit.",
		hint: "Send <ping /> now and then, or raise the idle limit.",
	},
	XMLSOCKET_IMPORT_INVALID: {
		class: "usage",
		text: "A line of an export cannot be imported.",
		hint: "The message names the line and what is wrong with it; the lines before it were imported.",
	},
	XMLSOCKET_INSPECTOR_FULL: {
		class: "usage",
		text: "An inspector has the most connections that it allows, so it closed another client.",
		hint: "Close some of the clients, or raise maxConnections.",
	},
	XMLSOCKET_INTERNAL: {
		class: "internal",
		text: "Something failed inside this package.",
		hint: "Please report it with the message, the cause and what led to it.",
	},
	XMLSOCKET_INVALID_ENCODING: {
		class: "peer",
		text: "A document is not valid in the connection's encoding.",
		hint: "Send UTF-8, or start the server with --encoding.",
	},
	XMLSOCKET_KICKED: {
		class: "peer",
		text: "An operator has removed this client from the room, or disconnected it.",
	},
	XMLSOCKET_LOGIN_KEYS_INVALID: {
		class: "usage",
		text: "The file with the keys of login tokens is not a key set that can be used.",
		hint: "Fix the key that the message names; docs/guide/identity.md shows such a file.",
	},
	XMLSOCKET_LOGIN_REFUSED: {
		class: "peer",
		text: "The program that runs the chat refused a login.",
		hint: "The message has the program's reason.",
	},
	XMLSOCKET_LOGIN_UNAVAILABLE: {
		class: "limit",
		text: "A login could not be checked: the check failed, had no answer within 10 s, or too many logins wait.",
		hint: "Try again in a moment; the server's log has the cause of a check that fails.",
	},
	XMLSOCKET_MEMORY_CEILING: {
		class: "limit",
		text: "The server holds more bytes for its clients than its memory ceiling allows, and disconnects those for which it holds most.",
		hint: "Read faster, or connect again later; the operator can raise memoryCeilingBytes.",
	},
	XMLSOCKET_MESSAGE_REFUSED: {
		class: "peer",
		text: "The message filter of the server refused a message.",
		hint: "The message says why.",
	},
	XMLSOCKET_MOVIE_UNREADABLE: {
		class: "usage",
		text: "The movie cannot be read, or is not a SWF.",
		hint: "Give the path or the http(s) address of a .swf file itself, not of a page that shows it.",
	},
	XMLSOCKET_MUTED: {
		class: "peer",
		text: "The name, the session or the address is muted in the room or on the server.",
		hint: "Wait until the mute ends, or ask an operator.",
	},
	XMLSOCKET_NAME_INVALID: {
		class: "peer",
		text: "A name of a person or a room cannot be used.",
		hint: "Use 1 to 64 characters without control characters; the server assigns the names that begin with guest-.",
	},
	XMLSOCKET_NAME_TAKEN: {
		class: "peer",
		text: "Another client uses the name.",
		hint: "Choose another one; if that client is your own earlier connection, send the session from its welcome.",
	},
	XMLSOCKET_NAME_TOO_LONG: {
		class: "peer",
		text: "An element or attribute name is too long.",
	},
	XMLSOCKET_NAME_UNKNOWN: {
		class: "peer",
		text: "No client has that name.",
		hint: "<who> lists the members of a room; the client may have disconnected.",
	},
	XMLSOCKET_NODE_UNKNOWN: {
		class: "usage",
		text: "The admin API was asked about a node that does not run.",
	},
	XMLSOCKET_NOT_OPERATOR: {
		class: "peer",
		text: "Only an operator may do that.",
		hint: "Send <hello> with the token of an operator.",
	},
	XMLSOCKET_NOT_WELL_FORMED: {
		class: "peer",
		text: "A document is not well-formed XML.",
		hint: "The message names the place. Send one element per document, closed and with quoted attributes. In a stream, only elements are allowed at the top level.",
	},
	XMLSOCKET_NOT_XML: {
		class: "peer",
		text: "A document is not XML.",
		hint: "Send XML, or use a server in raw mode (--relay).",
	},
	XMLSOCKET_NUL_IN_DOCUMENT: {
		class: "usage",
		text: "A text to send contains U+0000 or the terminator, which would split it.",
		hint: "Remove the character before sending.",
	},
	XMLSOCKET_OPTION_INVALID: {
		class: "usage",
		text: "An option has a value that is not allowed.",
	},
	XMLSOCKET_OPTION_UNKNOWN: {
		class: "usage",
		text: "There is no such option.",
		hint: "`xmlsocket config` lists all options.",
	},
	XMLSOCKET_OUTBOX_FULL: {
		class: "limit",
		text: "The outbox is full: too much waits to be sent.",
		hint: "Await drained() between documents, send fewer while disconnected, or raise maxOutboxBytes.",
	},
	XMLSOCKET_OUTCOME_UNKNOWN: {
		class: "network",
		text: "A message was sent, but the connection ended before the server acknowledged it.",
		hint: "Look in the room's history before you send it again; a message with the same id is stored once within ten minutes.",
	},
	XMLSOCKET_PACKAGE_MISSING: {
		class: "usage",
		text: "This feature needs an optional package that is not installed.",
	},
	XMLSOCKET_PATH_INVALID: {
		class: "usage",
		text: "A path for find() or findAll() is not valid.",
		hint: "Write steps with '/' between: a name or '*', then tests such as [@id], [@id='x'] or [2].",
	},
	XMLSOCKET_PEER_SILENT: {
		class: "network",
		text: "The other side did not answer a ping.",
	},
	XMLSOCKET_PORT_FORBIDDEN: {
		class: "usage",
		text: "The operating system does not allow this user to listen on the port.",
		hint: "Choose another port, or give the process the permission to listen there.",
	},
	XMLSOCKET_PORT_IN_USE: {
		class: "usage",
		text: "Another program uses the port. Stop that program, or choose another port (0: any free one).",
	},
	XMLSOCKET_PORT_RESERVED: {
		class: "usage",
		text: "XMLSocket connects to ports 1024 to 65535 only.",
		hint: "Choose a port from 1024 up; players refuse lower ones (Server-Side ActionScript Language Reference, p. 218).",
	},
	XMLSOCKET_PROFILE_UNKNOWN: {
		class: "usage",
		text: "The conformance suite or the load test could not find out what a server does with documents.",
		hint: "Name what the server does: conformance has --profile echo, relay, chat or policy (docs/conformance.md). bench measures only echo, relay and chat, and has --terminator for documents that do not end with a zero byte.",
	},
	XMLSOCKET_RECORDING_EMPTY: {
		class: "usage",
		text: "A recording has no documents.",
		hint: "Record a session in which the client or the server sends at least one document.",
	},
	XMLSOCKET_RECORDING_EXISTS: {
		class: "usage",
		text: "A recording would replace a file that exists.",
		hint: "Choose another name, or delete the file first.",
	},
	XMLSOCKET_RECORDING_FAILED: {
		class: "usage",
		text: "A recording cannot be written. The traffic continues without it.",
		hint: "Make space on the disk, or record to another folder.",
	},
	XMLSOCKET_RECORDING_INVALID: {
		class: "usage",
		text: "A file is not a recording, or one of its lines is not an event.",
		hint: "docs/recording.md describes the files that can be read.",
	},
	XMLSOCKET_RECORDING_TOO_LARGE: {
		class: "usage",
		text: "A recording has more documents than a replay can hold.",
		hint: "Record a shorter session, or cut the file: each line is one event.",
	},
	XMLSOCKET_RECORDING_TOO_NEW: {
		class: "usage",
		text: "A newer version of this program wrote the recording.",
		hint: "Update xmlsocket.",
	},
	XMLSOCKET_RECORDING_UNREADABLE: {
		class: "usage",
		text: "The file of a recording cannot be read.",
	},
	XMLSOCKET_RECORD_UNREADABLE: {
		class: "internal",
		text: "An entry of a stored room does not contain a message that can be sent.",
		hint: "Something else wrote into the stream or the data folder, the entry was damaged, or it contains the current terminator. Readers receive a gap; nothing else is affected.",
	},
	XMLSOCKET_REFUSED: {
		class: "peer",
		text: "The server refused a request with a code that this client does not know.",
		hint: "details.code of the error is the server's code; the message is its text.",
	},
	XMLSOCKET_RELAY_DROPPED: {
		class: "network",
		text: "A relay with several workers dropped documents on their way to the clients of other workers.",
		hint: "Send more slowly. A worker that does not run is replaced after 10 s, and the log has a line about it.",
	},
	XMLSOCKET_REPLAY_RULES_INVALID: {
		class: "usage",
		text: "The rules of a replay cannot be used.",
		hint: "docs/guide/replay.md describes rule files.",
	},
	XMLSOCKET_REQUEST_TIMEOUT: {
		class: "network",
		text: "An operation did not finish in time.",
		hint: "Check that the server answers, and that match accepts its answer; or raise timeoutMs.",
	},
	XMLSOCKET_ROOM_NOT_ALLOWED: {
		class: "peer",
		text: "A client's login names the rooms that it can enter, and this is not one of them.",
		hint: "Enter another room, or log in again at the site for this one.",
	},
	XMLSOCKET_ROOM_NOT_JOINED: {
		class: "peer",
		text: "The sender is not in the room.",
		hint: "Join it first.",
	},
	XMLSOCKET_ROOM_NOT_STORED: {
		class: "peer",
		text: "The room keeps no history.",
		hint: "Use a stored room: lobby, or one named with --room.",
	},
	XMLSOCKET_ROOM_PRIVATE: {
		class: "peer",
		text: "The room is private.",
		hint: "Join with its key, or ask an operator for an invitation.",
	},
	XMLSOCKET_ROOM_UNKNOWN: {
		class: "peer",
		text: "There is no such room.",
		hint: "<rooms /> lists the rooms; a live room without members does not exist.",
	},
	XMLSOCKET_SANCTION_UNKNOWN: {
		class: "peer",
		text: "There is no ban or mute to lift.",
		hint: "<bans /> and <mutes /> list them. A lift names the same room as the ban, or no room where the ban has none.",
	},
	XMLSOCKET_SCRIPT_FAILED: {
		class: "usage",
		text: "A Server-Side ActionScript application could not be started, or all its scripts have failed.",
		hint: "Fix the place that the message names; `xmlsocket run --watch` starts it again when a file changes.",
	},
	XMLSOCKET_SCRIPT_LIMIT: {
		class: "limit",
		text: "A script has reached a limit.",
		hint: "The message names the limit; close what you do not need, or divide the work.",
	},
	XMLSOCKET_SCRIPT_OUT_OF_MEMORY: {
		class: "limit",
		text: "An application's scripts have used up their heap; the application restarts.",
		hint: "Keep less, or raise RuntimeSize in Application.xml (KiB) or --script-heap (MiB).",
	},
	XMLSOCKET_SCRIPT_STOPPED: {
		class: "limit",
		text: "An application's script did not return from a call; the application restarts.",
		hint: "Look at the place that the message names, or raise MaxTimeOut in Application.xml (seconds) or --script-timeout (ms).",
	},
	XMLSOCKET_SCRIPT_UNREADABLE: {
		class: "usage",
		text: "A script, or an application's folder, was not found or could not be read.",
		hint: "Name a folder that contains main.asc or scripts/main.asc, or a .asc file; load() reads below that folder and ScriptLibPath.",
	},
	XMLSOCKET_SCRIPT_UNSUPPORTED: {
		class: "usage",
		text: "A script uses a class of media, RTMP or SOAP, which this host does not implement.",
		hint: "Use the alternative that the message names.",
	},
	XMLSOCKET_SENDING_TOO_FAST: {
		class: "limit",
		text: "You send faster than a receiver reads.",
		hint: "Send more slowly, then send the message again.",
	},
	XMLSOCKET_SERVER_STATE: {
		class: "usage",
		text: "listen() was called on a server that is already listening, or that was closed.",
		hint: "Call listen() once. After close(), create a new server.",
	},
	XMLSOCKET_SESSION_IN_USE: {
		class: "peer",
		text: "The session does not belong to this client.",
		hint: "Send the session exactly as in the welcome, or omit it.",
	},
	XMLSOCKET_SESSION_RESUMED: {
		class: "peer",
		text: "The session continued on another connection, so this connection closed.",
	},
	XMLSOCKET_SHARED_OBJECT_INVALID: {
		class: "usage",
		text: "A shared object cannot have this name or value.",
		hint: "Use short names, and values that are not nested too deeply: strings, numbers, Booleans, dates, XML, and arrays and objects of these.",
	},
	XMLSOCKET_SHARED_OBJECT_REFUSED: {
		class: "peer",
		text: "A client is not allowed to use a shared object in this way.",
		hint: "Connect to the object first; readAccess and writeAccess of the client list the objects that it may use.",
	},
	XMLSOCKET_SHARED_OBJECT_UNREADABLE: {
		class: "usage",
		text: "The file of a persistent shared object cannot be read, or is damaged.",
		hint: "Repair the file, replace it with a copy, or move it away to start with an empty object.",
	},
	XMLSOCKET_SLOW_MODE: {
		class: "peer",
		text: "The room is in slow mode, and the last message of the member is too recent.",
		hint: "Wait for as many seconds as the error says, then send the message again.",
	},
	XMLSOCKET_SLOW_READER: {
		class: "limit",
		text: "The other side reads too slowly.",
		hint: "Read faster, join fewer rooms, or raise the outbox limit.",
	},
	XMLSOCKET_SOCKET_UNUSABLE: {
		class: "usage",
		text: "A socket that the service manager has passed cannot be used.",
		hint: "Pass listening TCP sockets (ListenStream=PORT, Accept=no) whose ports are those of --port, --policy-port or --metrics.",
	},
	XMLSOCKET_STATE_FULL: {
		class: "limit",
		text: "The records of bans, mutes, topics and settings of rooms have reached their limit.",
		hint: "Lift bans that are not needed any more.",
	},
	XMLSOCKET_STATE_UNREADABLE: {
		class: "usage",
		text: "A stored record of a ban, mute, topic or settings cannot be read.",
		hint: "It has no effect and is left as it is. Impose the ban again, or set the topic or the settings again.",
	},
	XMLSOCKET_STREAM_ERROR: {
		class: "network",
		text: "A Jabber server ended the stream with an error.",
		hint: "details.condition names it. After conflict, choose another resource: another client uses the same one. After see-other-host, connect to details.host.",
	},
	XMLSOCKET_STREAM_REWOUND: {
		class: "internal",
		text: "The JetStream stream no longer holds what it had committed: its numbers now belong to other messages.",
		hint: "A nats-server lost what it had not synced, was restored from an older copy, or a partition left its servers with different data. Clients receive a new history. Set sync_interval: always, run three servers, and use a recent nats-server.",
	},
	XMLSOCKET_STREAM_UNSUITABLE: {
		class: "usage",
		text: "The JetStream stream for stored rooms exists with settings that cannot be changed, or cannot be created.",
		hint: "Choose another name for the stream, or delete the existing one with everything in it.",
	},
	XMLSOCKET_TARGET_ADDRESS_REFUSED: {
		class: "usage",
		text: "A target's name resolves to an address that is not allowed.",
		hint: "If you mean that address, write it instead of the name, or add ?private=yes to the target.",
	},
	XMLSOCKET_TARGET_INVALID: {
		class: "usage",
		text: "A target of the gateway could not be read, or two targets exclude each other.",
		hint: "Write [NAME=]HOST:PORT, for example chat=localhost:9339. If content requests another port: old.example:443=localhost:6112.",
	},
	XMLSOCKET_TARGET_IS_SELF: {
		class: "usage",
		text: "The target of an inspector is the inspector itself, so each connection would lead back to it.",
		hint: "Name the server's own address. If the hosts file leads its name to this machine, write its IP address, or remove the entry.",
	},
	XMLSOCKET_TARGET_NOT_ALLOWED: {
		class: "peer",
		text: "A page requested a host and port that are not a target of the gateway.",
		hint: "Add the host and port, spelled as in the content, to the gateway's targets: --target HOST:PORT. --learn FILE records them.",
	},
	XMLSOCKET_TEMPLATE_INVALID: {
		class: "usage",
		text: "An xml`…` template is not well-formed XML, or has a value in a place where no value is allowed.",
		hint: "Fix the template at the place that the message shows. Values are allowed only in content and in attribute values.",
	},
	XMLSOCKET_TLS_FAILED: {
		class: "network",
		text: "TLS could not be established, so the connection was closed.",
		hint: "Check that the server offers STARTTLS, and that a trusted authority issued its certificate for the domain (tls.ca).",
	},
	XMLSOCKET_TOKEN_EXPIRED: {
		class: "peer",
		text: "A login token, or the login that began with it, is over.",
		hint: "Log in again at the site, or reload its page. If that happens at once, compare the clocks of the site and of the server.",
	},
	XMLSOCKET_TOKEN_INVALID: {
		class: "peer",
		text: "The token is missing or does not belong to the name.",
		hint: "Send the token that the server's operator assigned to that name, or a new one from the site's login.",
	},
	XMLSOCKET_TOKEN_TOO_EARLY: {
		class: "peer",
		text: "A login token is not valid yet.",
		hint: "Set the clocks of the site and of the server; they may differ by 30 s.",
	},
	XMLSOCKET_TOKEN_USED: {
		class: "peer",
		text: "A login token was used before; each is worth one login.",
		hint: "Get a new token from the site for each new session: reload its page.",
	},
	XMLSOCKET_TOO_DEEP: {
		class: "peer",
		text: "Elements are nested too deeply in a document.",
	},
	XMLSOCKET_TOO_MANY_ATTRIBUTES: {
		class: "peer",
		text: "An element has too many attributes.",
		hint: "Use child elements; the message names the limit.",
	},
	XMLSOCKET_TOO_MANY_BAD_DOCUMENTS: {
		class: "peer",
		text: "Too many invalid documents arrived within a minute.",
		hint: "The errors before this one say what is wrong with each document.",
	},
	XMLSOCKET_TOO_MANY_FRAMES: {
		class: "limit",
		text: "A client sent too many WebSocket frames that complete no document: empty ones, pings, fragments.",
		hint: "Send each document in one message.",
	},
	XMLSOCKET_TOO_MANY_GUESSES: {
		class: "limit",
		text: "Too many wrong tokens came from one address.",
		hint: "Try again after the time that the message names.",
	},
	XMLSOCKET_TOO_MANY_NODES: {
		class: "peer",
		text: "A document has too many elements and texts.",
		hint: "Split it; the message names the limit.",
	},
	XMLSOCKET_TOO_MANY_PENDING: {
		class: "peer",
		text: "Too many requests of one connection wait for their answers.",
		hint: "Wait for acknowledgements before sending more.",
	},
	XMLSOCKET_TOO_MANY_ROOMS: {
		class: "limit",
		text: "The limit of rooms is reached.",
		hint: "Leave some rooms; the message says whose limit it is.",
	},
	XMLSOCKET_TOO_MANY_SANCTIONS: {
		class: "limit",
		text: "The limit of bans and mutes is reached.",
		hint: "Lift some, or ban ranges of addresses instead of single ones.",
	},
	XMLSOCKET_TOPIC_TOO_LONG: {
		class: "peer",
		text: "A topic is too long.",
		hint: "Make it shorter; the message names the limit.",
	},
	XMLSOCKET_UNAVAILABLE: {
		class: "network",
		text: "The room's message log cannot be reached, so nothing can be stored.",
		hint: "Send the message again with the same id when the server reports that the log works again.",
	},
	XMLSOCKET_UNREAD_OUTPUT: {
		class: "limit",
		text: "The other side has not read its pending output for too long.",
		hint: "Check the reader: the program may be stopped, or its network connection lost.",
	},
	XMLSOCKET_UTF16: {
		class: "peer",
		text: "The stream looks like UTF-16.",
		hint: "Send UTF-8.",
	},
	XMLSOCKET_WEBSOCKET_INVALID: {
		class: "peer",
		text: "The other end broke the WebSocket protocol.",
		hint: "The message names the rule; use a WebSocket library of your platform, and check the proxies between.",
	},
	XMLSOCKET_WORKERS_FAILED: {
		class: "internal",
		text: "The workers of the daemon end again and again, or one of them could not begin.",
		hint: "The log lines before this one say how each worker ended. SIGKILL often means that the system's memory was used up: use fewer workers or set a memory ceiling.",
	},
	XMLSOCKET_XML_NAME_INVALID: {
		class: "usage",
		text: "A name for element() is not a valid XML name.",
		hint: "Use letters, digits, '-', '_', '.' and ':'. The first character must be a letter, '_' or ':'.",
	},
} as const satisfies Record<`XMLSOCKET_${string}`, ErrorEntry>;

/** The literal type of `XMLSocketError.code`. */
export type ErrorCode = keyof typeof ERROR_CODES;
