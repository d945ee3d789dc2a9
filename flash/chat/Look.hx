// Colours and letters, the same as those of the chat page (console/theme.css): two palettes, one accent, a tint for each name. The
// palette can change while the movie runs; what has drawn with the old colours then draws again.

import flash.display.Graphics;
import flash.text.TextField;
import flash.text.TextFieldType;
import flash.text.TextFormat;

/** A colour of the palette that is in use. **/
typedef Shade = (look:Look) -> Int;

class Look {
	public var paper(default, null):Int;
	public var side(default, null):Int;
	public var raised(default, null):Int;
	public var line(default, null):Int;
	public var lineStrong(default, null):Int;
	public var ink(default, null):Int;
	public var muted(default, null):Int;
	public var accent(default, null):Int;
	public var accentInk(default, null):Int;
	public var warn(default, null):Int;
	public var notice(default, null):Int;
	var tints:Array<Int>;
	final changed:Array<() -> Void> = [];

	public function new(dark:Bool) {
		use(dark);
	}

	/** Calls `draw` whenever the palette has changed. **/
	public function onChange(draw:() -> Void):Void {
		changed.push(draw);
	}

	public function use(dark:Bool):Void {
		paper = dark ? 0x1a1c20 : 0xfbfaf8;
		side = dark ? 0x15171a : 0xf1efeb;
		raised = dark ? 0x24272c : 0xffffff;
		line = dark ? 0x31353b : 0xdedad3;
		lineStrong = dark ? 0x7d838c : 0x827d73;
		ink = dark ? 0xe4e5e7 : 0x22252a;
		muted = dark ? 0xa2a7ae : 0x5f6268;
		accent = dark ? 0x7cc7b0 : 0x2a6a59;
		accentInk = dark ? 0x10231d : 0xffffff;
		warn = dark ? 0xf0a08f : 0xa3321f;
		notice = dark ? 0x37301b : 0xfdf3d8;
		tints = dark
			? [0xe8a57f, 0x86bde6, 0xc3a4ee, 0x7cc7b0, 0xee9ec0, 0xd6c46a, 0xa3b2f5, 0xd8b0a2]
			: [0x8a3b12, 0x1f5f8b, 0x6b3fa0, 0x2a6a59, 0x9c2f5d, 0x6a5a00, 0x3b4fa8, 0x7a4a3a];
		for (draw in changed) draw();
	}

	/** The colour of a name, by the same sum as on the page. **/
	public function tint(name:String):Int {
		var sum = 0;
		for (at in 0...name.length) sum = (sum * 31 + StringTools.fastCodeAt(name, at)) & 7;
		return tints[sum];
	}

	/**
		The letters of a text. A font that is asked for by its name is the system's, with all that the system can write; Ruffle draws
		`_sans` with a built-in font of few alphabets instead.
	**/
	public function format(size:Int, color:Int, bold = false):TextFormat {
		final format = new TextFormat("Arial", size, color, bold);
		format.leading = 3;
		return format;
	}

	/** A text of one line that nobody can select. **/
	public function label(size:Int, shade:Shade, bold = false):TextField {
		final field = new TextField();
		dress(field, size, shade, bold);
		field.selectable = false;
		field.mouseEnabled = false;
		field.height = size * 1.6;
		return field;
	}

	/** A field to type in. **/
	public function input(maxChars:Int):TextField {
		final field = new TextField();
		field.type = TextFieldType.INPUT;
		dress(field, 15, look -> look.ink);
		field.maxChars = maxChars;
		field.height = 24;
		return field;
	}

	// A field whose text has one colour.
	function dress(field:TextField, size:Int, shade:Shade, bold = false):Void {
		function draw():Void {
			final format = format(size, shade(this), bold);
			field.defaultTextFormat = format;
			if (field.length > 0) field.setTextFormat(format);
		}
		draw();
		onChange(draw);
	}

	public static function box(graphics:Graphics, x:Float, y:Float, width:Float, height:Float, fill:Int, ?border:Int, round = 16.0):Void {
		if (border == null) graphics.lineStyle();
		else graphics.lineStyle(1, border, 1, true);
		graphics.beginFill(fill);
		graphics.drawRoundRect(x, y, width, height, round, round);
		graphics.endFill();
	}
}
