// A chat client in ActionScript 3, written in Haxe. It joins the chat to what is drawn. FlashVars, all optional: host, port, room,
// name, theme ("dark"). The page around it calls `theme` when the reader's preference changes. It traces what happens.

import flash.Lib;
import flash.display.StageAlign;
import flash.display.StageScaleMode;
import flash.events.Event;
import flash.external.ExternalInterface;

class Main implements Chat.Listener {
	static function main():Void {
		new Main();
	}

	final chat:Chat;
	final gate:Gate;
	final room:Room;

	function new() {
		final stage = Lib.current.stage;
		stage.scaleMode = StageScaleMode.NO_SCALE;
		stage.align = StageAlign.TOP_LEFT;
		final given = Lib.current.loaderInfo.parameters;
		function or(name:String, otherwise:String):String {
			final value:Null<String> = Reflect.field(given, name);
			return value == null || value == "" ? otherwise : value;
		}
		final look = new Look(or("theme", "light") == "dark");
		final roomName = or("room", "lobby");
		final port = Std.parseInt(or("port", "9000"));
		chat = new Chat(or("host", "localhost"), port == null ? 9000 : port, roomName, this);
		room = new Room(look, roomName, chat.say);
		gate = new Gate(look, or("name", ""), chat.enter);
		room.visible = false;
		Lib.current.addChild(room);
		Lib.current.addChild(gate);
		followTheme(look);
		stage.addEventListener(Event.RESIZE, function(_) resize());
		resize();
		gate.open();
	}

	function followTheme(look:Look):Void {
		if (!ExternalInterface.available) return;
		ExternalInterface.addCallback("theme", function(name:String):Void {
			look.use(name == "dark");
			trace('theme $name');
		});
	}

	function resize():Void {
		final stage = Lib.current.stage;
		room.resize(stage.stageWidth, stage.stageHeight);
		gate.resize(stage.stageWidth, stage.stageHeight);
	}

	public function named(name:String):Void {
		trace('named $name');
		gate.visible = false;
		room.open();
	}

	public function refused(words:String, needsToken:Bool):Void {
		trace('refused $words');
		if (needsToken) gate.askForToken();
		gate.tell(words, true);
		room.visible = false;
		gate.open();
	}

	public function entered(isNewHistory:Bool):Void {
		trace("entered");
		room.hideBanner();
		if (isNewHistory) room.messages.clear();
	}

	public function heard(from:String, text:String, at:String, privately:Bool):Void {
		trace('heard $from: $text');
		room.messages.say(from, text, clock(at), privately);
	}

	public function membersChanged(names:Array<String>, count:Int):Void {
		room.showMembers(names, count, chat.me);
	}

	public function topicChanged(topic:String):Void {
		room.showTopic(topic);
	}

	public function noted(words:String):Void {
		room.messages.note(words);
	}

	public function left(words:String):Void {
		room.showBanner(words, "Enter again", chat.join);
	}

	public function closed(words:String):Void {
		trace('closed $words');
		if (gate.visible) gate.tell(words, true);
		else room.showBanner(words, "Reconnect", chat.connect);
	}

	// The server's time is ISO 8601 in UTC; the reader wants the hour of the place where they are.
	static function clock(at:String):String {
		final parts = ~/^(\d+)-(\d+)-(\d+)T(\d+):(\d+)/;
		if (at == null || !parts.match(at)) return "";
		function part(n:Int):Int return Std.parseInt(parts.matched(n));
		final date = Date.fromTime(DateTools.makeUtc(part(1), part(2) - 1, part(3), part(4), part(5), 0));
		return StringTools.lpad('${date.getHours()}', "0", 2) + ":" + StringTools.lpad('${date.getMinutes()}', "0", 2);
	}
}
