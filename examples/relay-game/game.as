// A player of the relay game in ActionScript 2 (Flash Player 7 and later). It sends its place when the pointer moves, and once a second,
// and shows the places that others send. FlashVars: host, port, id. It is compiled by `npm run flash`.

function given(value:String, otherwise:String):String {
	if (value == undefined) return otherwise;
	return value;
}

var host:String = given(_root.host, "localhost");
var port:Number = Number(given(_root.port, "9339"));
var me:String = given(_root.id, "swf" + Math.floor(Math.random() * 1000000));
var colour:String = "ff9900";
var LEFT_AFTER_FRAMES:Number = 150;

var frame:Number = 0;
var x:Number = 320;
var y:Number = 180;
var ids:Array = new Array();
var clips:Object = new Object();
var socket:XMLSocket = new XMLSocket();

function clipOf(id:String, colour:String):MovieClip {
	var clip:MovieClip = clips["player " + id];
	if (clip != undefined) return clip;
	clip = _root.createEmptyMovieClip("player" + _root.getNextHighestDepth(), _root.getNextHighestDepth());
	clip.beginFill(Number("0x" + colour), 100);
	clip.moveTo(-12, -12);
	clip.lineTo(12, -12);
	clip.lineTo(12, 12);
	clip.lineTo(-12, 12);
	clip.endFill();
	clips["player " + id] = clip;
	ids.push(id);
	trace("sees " + id);
	return clip;
}

function show(id:String, x:Number, y:Number, colour:String):Void {
	var clip:MovieClip = clipOf(id, colour);
	clip._x = x;
	clip._y = y;
	clip.heard = frame;
}

function tell():Void {
	show(me, x, y, colour);
	var document:XML = new XML();
	var at:XMLNode = document.createElement("at");
	at.attributes.id = me;
	at.attributes.x = x;
	at.attributes.y = y;
	at.attributes.c = colour;
	document.appendChild(at);
	socket.send(document);
}

function forgetSilent():Void {
	var index:Number = 0;
	while (index < ids.length) {
		var key:String = "player " + ids[index];
		if (frame - clips[key].heard > LEFT_AFTER_FRAMES) {
			clips[key].removeMovieClip();
			clips[key] = undefined;
			ids.splice(index, 1);
		} else index = index + 1;
	}
}

socket.onConnect = function (success:Boolean):Void {
	trace("onConnect " + success);
	if (success) tell();
};

socket.onXML = function (document:XML):Void {
	var at:XMLNode = document.firstChild;
	if (at.nodeName != "at") return;
	show(at.attributes.id, Number(at.attributes.x), Number(at.attributes.y), at.attributes.c);
};

socket.onClose = function ():Void {
	trace("onClose");
};

_root.onEnterFrame = function ():Void {
	frame = frame + 1;
	var moved:Boolean = _root._xmouse != mouseX || _root._ymouse != mouseY;
	mouseX = _root._xmouse;
	mouseY = _root._ymouse;
	if (moved) {
		x = Math.round(Math.max(0, Math.min(640, mouseX)));
		y = Math.round(Math.max(0, Math.min(360, mouseY)));
	}
	if (moved || frame % 30 == 0) tell();
	if (frame % 30 == 0) forgetSilent();
};

var mouseX:Number = _root._xmouse;
var mouseY:Number = _root._ymouse;
trace("connect " + socket.connect(host, port));
