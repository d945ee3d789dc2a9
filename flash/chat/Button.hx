// A push button.

import flash.display.Sprite;
import flash.events.MouseEvent;
import flash.text.TextField;
import flash.text.TextFormatAlign;

class Button extends Sprite {
	public static inline var HEIGHT = 40.0;

	final look:Look;
	final label:TextField;
	var boxWidth = 0.0;

	public function new(look:Look, words:String, pressed:() -> Void) {
		super();
		this.look = look;
		label = look.label(15, look -> look.accentInk, true);
		label.y = 8;
		addChild(label);
		mouseChildren = false;
		buttonMode = true;
		rename(words);
		look.onChange(() -> resize(boxWidth));
		addEventListener(MouseEvent.CLICK, function(_) pressed());
		addEventListener(MouseEvent.MOUSE_OVER, function(_) alpha = 0.9);
		addEventListener(MouseEvent.MOUSE_OUT, function(_) alpha = 1);
	}

	/** Gives it other words, and the width that they need. **/
	public function rename(words:String):Void {
		label.text = words;
		resize(label.textWidth + 36);
	}

	public function resize(width:Float):Void {
		boxWidth = width;
		final format = look.format(15, look.accentInk, true);
		format.align = TextFormatAlign.CENTER;
		label.width = width;
		label.setTextFormat(format);
		graphics.clear();
		Look.box(graphics, 0, 0, width, HEIGHT, look.accent);
	}
}
