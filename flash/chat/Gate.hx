// The door: a name, and a token where the server asks for one.

import flash.display.Sprite;
import flash.text.TextField;

class Gate extends Sprite {
	static inline var WIDTH = 352.0;
	static inline var PAD = 32.0;

	final look:Look;
	final card = new Sprite();
	final title:TextField;
	final about:TextField;
	final words:TextField;
	final nameBox:InputBox;
	final token:InputBox;
	final button:Button;
	final chosen:(name:String, token:String) -> Void;
	var wrong = false;

	public function new(look:Look, name:String, chosen:(name:String, token:String) -> Void) {
		super();
		this.look = look;
		this.chosen = chosen;
		title = look.label(24, look -> look.ink, true);
		title.text = "Chat";
		about = look.label(15, look -> look.muted);
		about.text = "Choose the name that others will see.";
		words = look.label(14, look -> wrong ? look.warn : look.muted);
		words.multiline = words.wordWrap = true;
		nameBox = new InputBox(look, "Name", 64, enter);
		nameBox.text = name;
		token = new InputBox(look, "Token", 512, enter);
		token.field.displayAsPassword = true;
		token.visible = false;
		button = new Button(look, "Enter", enter);
		for (part in [title, about, words]) {
			part.width = WIDTH - 2 * PAD;
			card.addChild(part);
		}
		for (part in [(nameBox : Sprite), token, button]) card.addChild(part);
		for (part in [nameBox, token]) part.resize(WIDTH - 2 * PAD);
		button.resize(WIDTH - 2 * PAD);
		addChild(card);
		arrange();
		look.onChange(arrange);
	}

	/** Comes into view, with the cursor where something is to be typed. **/
	public function open():Void {
		visible = true;
		if (token.visible) token.take();
		else nameBox.take();
	}

	/** Tells what was wrong, or what is going on. **/
	public function tell(sentence:String, wrong:Bool):Void {
		this.wrong = wrong;
		words.text = sentence;
		words.setTextFormat(look.format(14, wrong ? look.warn : look.muted));
		arrange();
	}

	public function askForToken():Void {
		token.visible = true;
		arrange();
	}

	public function resize(width:Float, height:Float):Void {
		graphics.clear();
		graphics.beginFill(look.side);
		graphics.drawRect(0, 0, width, height);
		card.x = Math.fround((width - card.width) / 2);
		card.y = Math.fround(Math.max(8, (height - card.height) / 2.2));
	}

	function enter():Void {
		final trimmed = StringTools.trim(nameBox.text);
		if (trimmed == "") nameBox.take();
		else {
			tell("Entering…", false);
			chosen(trimmed, StringTools.trim(token.text));
		}
	}

	function arrange():Void {
		var y = PAD - 4;
		function put(part:flash.display.DisplayObject, below:Float):Void {
			part.x = PAD;
			part.y = y;
			y += below;
		}
		put(title, 36);
		put(about, 40);
		put(nameBox, 48);
		if (token.visible) put(token, 48);
		words.height = 22.0 * Math.max(1, words.numLines) + 4;
		put(words, words.height + 4);
		put(button, Button.HEIGHT + PAD);
		card.graphics.clear();
		Look.box(card.graphics, 0.5, 0.5, WIDTH, y, look.raised, look.line, 28);
		if (stage != null) resize(stage.stageWidth, stage.stageHeight);
	}
}
