// The room: title, what was said, who is here, and the line to type in. A banner tells when one is out and offers the way back.

import flash.display.Sprite;
import flash.text.TextField;

class Room extends Sprite {
	static inline var HEAD = 64.0;
	static inline var FOOT = 64.0;
	static inline var SIDE = 184.0;
	static inline var BANNER = 56.0;
	static inline var PAD = 24.0;

	public final messages:Messages;

	final look:Look;
	final title:TextField;
	final topic:TextField;
	final membersTitle:TextField;
	final membersList:TextField;
	final composer:InputBox;
	final send:Button;
	final banner = new Sprite();
	final bannerText:TextField;
	final bannerButton:Button;
	final said:String->Void;
	var wayBack:() -> Void = function() {};
	var members:Array<String> = [];
	var me = "";
	var memberCount = 0;
	var areaWidth = 0.0;
	var areaHeight = 0.0;

	public function new(look:Look, room:String, said:String->Void) {
		super();
		this.look = look;
		this.said = said;
		title = look.label(17, look -> look.ink, true);
		title.text = room;
		topic = look.label(13, look -> look.muted);
		membersTitle = look.label(13, look -> look.muted, true);
		membersList = new TextField();
		membersList.multiline = true;
		messages = new Messages(look);
		composer = new InputBox(look, "Message", 8000, speak);
		send = new Button(look, "Send", speak);
		bannerText = look.label(14, look -> look.ink);
		bannerButton = new Button(look, "Reconnect", function() wayBack());
		banner.addChild(bannerText);
		banner.addChild(bannerButton);
		banner.visible = false;
		for (part in [title, topic, membersTitle, membersList]) addChild(part);
		for (part in [(messages : Sprite), composer, send, banner]) addChild(part);
		look.onChange(function() {
			showMembers(members, memberCount, me);
			resize(areaWidth, areaHeight);
		});
	}

	/** Comes into view, ready to type. **/
	public function open():Void {
		visible = true;
		composer.take();
	}

	public function showTopic(words:String):Void {
		topic.text = words;
		resize(areaWidth, areaHeight);
	}

	public function showMembers(names:Array<String>, count:Int, me:String):Void {
		this.me = me;
		members = names;
		memberCount = count;
		membersTitle.text = 'Members ($count)';
		final sorted = names.copy();
		sorted.sort((a, b) -> Reflect.compare(place(a), place(b)));
		membersList.defaultTextFormat = look.format(15, look.ink);
		membersList.text = "";
		for (name in sorted) {
			final begin = membersList.length;
			membersList.appendText(name + "\n");
			membersList.setTextFormat(look.format(15, look.tint(name)), begin, membersList.length);
		}
		if (count > sorted.length) membersList.appendText('and ${count - sorted.length} more');
	}

	// The user first, and guest-2 before guest-10.
	function place(name:String):String {
		final numbers = ~/[0-9]+/g;
		return name == me ? "" : numbers.map(name.toLowerCase(), found -> StringTools.lpad(found.matched(0), "0", 12));
	}

	/** Tells that one is out, and offers a way back. **/
	public function showBanner(words:String, offer:String, wayBack:() -> Void):Void {
		this.wayBack = wayBack;
		bannerText.text = words;
		bannerButton.rename(offer);
		banner.visible = true;
		resize(areaWidth, areaHeight);
	}

	public function hideBanner():Void {
		if (!banner.visible) return;
		banner.visible = false;
		resize(areaWidth, areaHeight);
	}

	public function resize(width:Float, height:Float):Void {
		areaWidth = width;
		areaHeight = height;
		final hasSide = width >= 560;
		final main = hasSide ? width - SIDE : width;
		graphics.clear();
		graphics.beginFill(look.paper);
		graphics.drawRect(0, 0, width, height);
		graphics.endFill();
		if (hasSide) {
			graphics.beginFill(look.side);
			graphics.drawRect(main, 0, SIDE, height);
			graphics.endFill();
		}
		graphics.beginFill(look.line);
		graphics.drawRect(0, HEAD - 1, main, 1);
		if (hasSide) graphics.drawRect(main, 0, 1, height);
		graphics.endFill();
		put(title, PAD, topic.text == "" ? 20 : 10, main - 2 * PAD);
		put(topic, PAD, 34, main - 2 * PAD);
		membersTitle.visible = membersList.visible = hasSide;
		put(membersTitle, main + 18, 22, SIDE - 30);
		put(membersList, main + 18, HEAD, SIDE - 30);
		membersList.height = Math.max(20, height - HEAD - 12);
		placeBanner(main);
		final top = HEAD + (banner.visible ? BANNER : 0);
		messages.x = PAD;
		messages.y = top + 4;
		messages.resize(main - PAD - 12, Math.max(40, height - top - FOOT - 8));
		send.x = main - PAD - send.width;
		composer.x = PAD;
		composer.y = send.y = height - FOOT + 8;
		composer.resize(send.x - 8 - PAD);
	}

	function placeBanner(width:Float):Void {
		banner.y = HEAD;
		banner.graphics.clear();
		banner.graphics.beginFill(look.notice);
		banner.graphics.drawRect(0, 0, width, BANNER);
		banner.graphics.endFill();
		bannerButton.x = width - PAD - bannerButton.width;
		bannerButton.y = 8;
		put(bannerText, PAD, 17, bannerButton.x - PAD);
	}

	// Words are not lost while one is out: they stay in the line.
	function speak():Void {
		if (banner.visible || StringTools.trim(composer.text) == "") return;
		said(composer.text);
		composer.text = "";
		composer.take();
	}

	static function put(field:TextField, x:Float, y:Float, width:Float):Void {
		field.x = x;
		field.y = y;
		field.width = width;
	}
}
