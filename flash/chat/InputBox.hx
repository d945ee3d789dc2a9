// A field to type in, with its frame; Enter hands its text on.

import flash.display.Sprite;
import flash.events.Event;
import flash.events.FocusEvent;
import flash.events.KeyboardEvent;
import flash.text.TextField;

class InputBox extends Sprite {
	public static inline var HEIGHT = 40.0;
	static inline var ENTER = 13;

	public final field:TextField;

	final look:Look;
	final hint:TextField;
	var boxWidth = 100.0;
	var focused = false;

	public function new(look:Look, words:String, maxChars:Int, entered:() -> Void) {
		super();
		this.look = look;
		hint = look.label(15, look -> look.muted);
		hint.text = words;
		field = look.input(maxChars);
		for (part in [hint, field]) {
			part.x = 12;
			part.y = 9;
			addChild(part);
		}
		look.onChange(draw);
		field.addEventListener(KeyboardEvent.KEY_DOWN, function(event:KeyboardEvent) if (event.keyCode == ENTER) entered());
		field.addEventListener(Event.CHANGE, function(_) showHint());
		field.addEventListener(FocusEvent.FOCUS_IN, function(_) focus(true));
		field.addEventListener(FocusEvent.FOCUS_OUT, function(_) focus(false));
	}

	public var text(get, set):String;

	function get_text():String {
		return field.text;
	}

	function set_text(value:String):String {
		field.text = value;
		showHint();
		return value;
	}

	public function resize(width:Float):Void {
		boxWidth = width;
		field.width = width - 24;
		hint.width = width - 24;
		draw();
	}

	/** Puts the cursor into it. **/
	public function take():Void {
		if (stage == null) return;
		stage.focus = field;
		field.setSelection(field.length, field.length);
	}

	function showHint():Void {
		hint.visible = field.length == 0;
	}

	function focus(now:Bool):Void {
		focused = now;
		draw();
	}

	function draw():Void {
		graphics.clear();
		Look.box(graphics, 0.5, 0.5, boxWidth - 1, HEIGHT - 1, look.raised, focused ? look.accent : look.lineStrong);
	}
}
