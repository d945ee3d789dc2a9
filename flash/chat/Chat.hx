// The chat's documents over one XMLSocket, for one room: it takes a name, enters, and keeps what a reconnect needs, so that the
// server replays what was missed. It draws nothing. Documents: docs/chat.md.

import flash.events.DataEvent;
import flash.events.Event;
import flash.events.IOErrorEvent;
import flash.events.SecurityErrorEvent;
import flash.net.XMLSocket;

/** What the chat tells. **/
interface Listener {
	/** The server has given this name. **/
	function named(name:String):Void;

	/** The name or the token was not accepted. **/
	function refused(words:String, needsToken:Bool):Void;

	/** The client is in the room. `isNewHistory`: earlier messages belong to another history. **/
	function entered(isNewHistory:Bool):Void;

	/** A message arrived, for the room or, `privately`, for this client. `at` is the time as the server wrote it. **/
	function heard(from:String, text:String, at:String, privately:Bool):Void;

	function membersChanged(names:Array<String>, count:Int):Void;

	function topicChanged(topic:String):Void;

	/** Something to tell the user in a sentence. **/
	function noted(words:String):Void;

	/** One is not in the room any more, though still connected. **/
	function left(words:String):Void;

	function closed(words:String):Void;
}

class Chat {
	static inline var GUEST = "guest-";

	public var me(default, null) = "";

	final host:String;
	final port:Int;
	final room:String;
	final listener:Listener;
	final socket = new XMLSocket();
	var wantedName = "";
	var token = "";
	var session:Null<String> = null;
	var log:Null<String> = null;
	var lastSeq:Null<String> = null;
	var members:Array<String> = [];
	var farewell = "";
	var answered = false;

	public function new(host:String, port:Int, room:String, listener:Listener) {
		this.host = host;
		this.port = port;
		this.room = room;
		this.listener = listener;
		socket.addEventListener(Event.CONNECT, function(_) hello());
		socket.addEventListener(DataEvent.DATA, function(event:DataEvent) receive(event.data));
		socket.addEventListener(Event.CLOSE, function(_) ended(answered ? "The connection was closed." : unreachable()));
		socket.addEventListener(IOErrorEvent.IO_ERROR, function(_) ended(unreachable()));
		socket.addEventListener(SecurityErrorEvent.SECURITY_ERROR, function(_) ended('The player may not connect to $host:$port.'));
	}

	/** Takes a name, after connecting where there is no connection. **/
	public function enter(name:String, token:String):Void {
		wantedName = name;
		this.token = token;
		if (socket.connected) hello();
		else connect();
	}

	/** Connects again after the end, under the same name and in the same session. **/
	public function connect():Void {
		if (socket.connected) return;
		farewell = "";
		answered = false;
		socket.connect(host, port);
	}

	/** Enters the room, also again. **/
	public function join():Void {
		final join = Xml.createElement("join");
		join.set("room", room);
		if (log != null && lastSeq != null) {
			join.set("log", log);
			join.set("after", lastSeq);
		}
		send(join);
	}

	public function say(text:String):Void {
		final say = Xml.createElement("say");
		say.set("room", room);
		say.addChild(Xml.createPCData(text));
		send(say);
	}

	function hello():Void {
		final hello = Xml.createElement("hello");
		hello.set("name", wantedName);
		if (token != "") hello.set("token", token);
		if (session != null) hello.set("session", session);
		send(hello);
	}

	function send(document:Xml):Void {
		// Without a connection the class would throw.
		if (socket.connected) socket.send(document.toString());
	}

	function receive(source:String):Void {
		final root = try Xml.parse(source).firstElement() catch (_:flash.errors.Error) null;
		if (root == null) return;
		answered = true;
		// What concerns another room is not for this client.
		if (root.exists("room") && root.get("room") != room) return;
		switch root.nodeName {
			case "welcome": welcomed(root);
			case "joined": joined(root);
			case "said":
				if (root.exists("seq")) lastSeq = root.get("seq");
				listener.heard(root.get("from"), textOf(root), root.get("at"), false);
			case "sent":
				if (root.exists("seq")) lastSeq = root.get("seq");
			case "told": listener.heard(root.get("from"), textOf(root), root.get("at"), true);
			case "enter": present(root, true);
			case "exit": present(root, false);
			case "count": listener.membersChanged(members, number(root.get("members")));
			case "topic": listener.topicChanged(textOf(root));
			case "gap": listener.noted("Some messages are missing here.");
			case "notice": listener.noted(textOf(root));
			case "error": failed(root.get("code"), textOf(root));
			case "bye": farewell = Words.farewell(root.get("reason"));
			case "ping":
				final pong = Xml.createElement("pong");
				if (root.exists("id")) pong.set("id", root.get("id"));
				send(pong);
			default:
		}
	}

	// The first welcome names a guest; the name that was asked for comes in a second one, the answer to hello.
	function welcomed(root:Xml):Void {
		final name = root.get("name");
		if (StringTools.startsWith(name, GUEST)) return;
		session = root.get("session");
		me = name;
		listener.named(name);
		join();
	}

	function joined(root:Xml):Void {
		final isNewHistory = root.get("log") != log;
		log = root.get("log");
		if (isNewHistory) lastSeq = null;
		members = [for (member in root.elementsNamed("member")) member.get("name")];
		listener.entered(isNewHistory);
		listener.membersChanged(members, number(root.get("members")));
	}

	function present(root:Xml, came:Bool):Void {
		final name = root.get("name");
		members = members.filter(function(member) return member != name);
		if (came) members.push(name);
		listener.membersChanged(members, number(root.get("members")));
		if (name != me || came) listener.noted(came ? '$name has come.' : '$name has gone.');
		else if (root.exists("reason")) listener.left(Words.exit(root.get("reason")));
	}

	function failed(code:String, text:String):Void {
		final words = Words.error(code, text);
		if (me == "" || StringTools.startsWith(code, "name-") || code == "token-invalid" || code == "session-in-use") {
			session = null;
			listener.refused(words, code == "token-invalid");
		} else if (code == "banned" || code == "room-not-joined" || code == "room-unknown") listener.left(words);
		else listener.noted(words);
	}

	function ended(words:String):Void {
		listener.closed(farewell == "" ? words : farewell);
	}

	inline function unreachable():String {
		return 'There is no answer from $host:$port.';
	}

	static function textOf(node:Xml):String {
		final text = new StringBuf();
		for (child in node) {
			if (child.nodeType == Xml.PCData || child.nodeType == Xml.CData) text.add(child.nodeValue);
		}
		return text.toString();
	}

	static function number(text:Null<String>):Int {
		final value = text == null ? null : Std.parseInt(text);
		return value == null ? 0 : value;
	}
}
