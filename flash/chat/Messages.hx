// What was said: one text that scrolls, with a bar beside it. It keeps the newest 300 entries, and draws all that came in a
// frame at once, because every change of a long text lays all of it out again.

import flash.display.Sprite;
import flash.events.Event;
import flash.events.MouseEvent;
import flash.text.TextField;

private typedef Piece = {text:String, size:Int, shade:Look.Shade, ?bold:Bool};

class Messages extends Sprite {
	static inline var MAX_ENTRIES = 300;
	static inline var BAR = 8.0;

	final look:Look;
	final field = new TextField();
	final thumb = new Sprite();
	var entries:Array<Array<Piece>> = [];
	var waiting:Array<Array<Piece>> = [];
	var speaker = "";
	var minute = "";
	var areaHeight = 100.0;
	var grip:Null<Float> = null;
	var thumbAt = 0;

	public function new(look:Look) {
		super();
		this.look = look;
		field.multiline = field.wordWrap = true;
		addChild(field);
		addChild(thumb);
		look.onChange(drawAgain);
		thumb.buttonMode = true;
		thumb.addEventListener(MouseEvent.MOUSE_DOWN, function(_) grip = thumb.mouseY);
		addEventListener(Event.ADDED_TO_STAGE, function(_) {
			stage.addEventListener(MouseEvent.MOUSE_MOVE, function(_) drag());
			stage.addEventListener(MouseEvent.MOUSE_UP, function(_) grip = null);
		});
		addEventListener(Event.ENTER_FRAME, function(_) {
			flush();
			// Ruffle does not tell of every scrolling.
			if (field.scrollV != thumbAt) drawThumb();
		});
	}

	/** A message arrived. The name is above the first of several messages of one minute. **/
	public function say(from:String, text:String, time:String, privately:Bool):Void {
		final pieces:Array<Piece> = [];
		final who = privately ? '$from, only to you' : from;
		if (who != speaker || time != minute) {
			pieces.push({text: "\n", size: 7, shade: look -> look.ink});
			pieces.push({text: who, size: 15, shade: look -> look.tint(from), bold: true});
			pieces.push({text: '  $time\n', size: 12, shade: look -> look.muted});
		}
		speaker = who;
		minute = time;
		pieces.push({text: text + "\n", size: 15, shade: look -> look.ink});
		waiting.push(pieces);
	}

	/** Something happened. **/
	public function note(words:String):Void {
		speaker = "";
		waiting.push([
			{text: "\n", size: 5, shade: look -> look.ink},
			{text: words + "\n", size: 13, shade: look -> look.muted}
		]);
	}

	public function clear():Void {
		field.text = "";
		entries = [];
		waiting = [];
		speaker = "";
	}

	public function resize(width:Float, height:Float):Void {
		final atEnd = isAtEnd();
		areaHeight = height;
		field.width = width - BAR - 8;
		field.height = height;
		thumb.x = width - BAR;
		if (atEnd) field.scrollV = field.maxScrollV;
		drawThumb();
	}

	function flush():Void {
		if (waiting.length == 0) return;
		final atEnd = isAtEnd();
		final scrolledTo = field.scrollV;
		for (pieces in waiting) write(pieces);
		entries = entries.concat(waiting);
		waiting = [];
		final linesCut = cut();
		// Who reads older messages is left where they are.
		field.scrollV = atEnd ? field.maxScrollV : Std.int(Math.max(1, scrolledTo - linesCut));
		drawThumb();
	}

	function write(pieces:Array<Piece>):Void {
		for (piece in pieces) {
			final begin = field.length;
			field.appendText(piece.text);
			field.setTextFormat(look.format(piece.size, piece.shade(look), piece.bold == true), begin, field.length);
		}
	}

	// In the colours of now.
	function drawAgain():Void {
		final scrolledTo = field.scrollV;
		field.text = "";
		for (pieces in entries) write(pieces);
		field.scrollV = scrolledTo;
		drawThumb();
	}

	/** Takes away the oldest entries past the bound; gives the number of lines that they had. **/
	function cut():Int {
		var surplus = 0;
		while (entries.length > MAX_ENTRIES) for (piece in entries.shift()) surplus += piece.text.length;
		if (surplus == 0) return 0;
		final lines = field.numLines;
		field.replaceText(0, surplus, "");
		return lines - field.numLines;
	}

	function isAtEnd():Bool {
		return field.scrollV >= field.maxScrollV - 1;
	}

	function drag():Void {
		if (grip == null) return;
		final way = areaHeight - thumb.height;
		if (way > 0) field.scrollV = 1 + Math.round((mouseY - grip) / way * (field.maxScrollV - 1));
	}

	function drawThumb():Void {
		thumbAt = field.scrollV;
		final lines = field.numLines;
		thumb.visible = field.maxScrollV > 1;
		if (!thumb.visible) return;
		final height = Math.max(24, areaHeight * (lines - field.maxScrollV + 1) / lines);
		thumb.graphics.clear();
		Look.box(thumb.graphics, 0, 0, BAR, height, look.line, null, BAR);
		thumb.y = (areaHeight - height) * (field.scrollV - 1) / (field.maxScrollV - 1);
	}
}
