// A client of the chat in ActionScript 2 (Flash Player 7 and later). It takes a name, enters a room, says that it is here, answers
// a client that sends "ping", and leaves at a "bye". Where and as whom: FlashVars host, port, room and name.

function given(value:String, otherwise:String):String {
	if (value == undefined) return otherwise;
	return value;
}

var host:String = given(_root.host, "localhost");
var port:Number = Number(given(_root.port, "9000"));
var room:String = given(_root.room, "lobby");
var me:String = given(_root.name, "greeter");

// A document is built from nodes, so that text is escaped by the class and never by hand.
function element(name:String, attribute:String, value:String, text:String):XML {
	var document:XML = new XML();
	var node:XMLNode = document.createElement(name);
	node.attributes[attribute] = value;
	if (text != undefined) node.appendChild(document.createTextNode(text));
	document.appendChild(node);
	return document;
}

var socket:XMLSocket = new XMLSocket();

socket.onConnect = function (success:Boolean):Void {
	trace("onConnect " + success);
	if (!success) return;
	this.send(element("hello", "name", me));
	this.send(element("join", "room", room));
	this.send(element("say", "room", room, "I am here, written in ActionScript 2 <&>"));
};

// What arrived, as text. The class makes a document of it and calls onXML; so does this.
socket.onData = function (source:String):Void {
	trace("onData " + source);
	this.onXML(new XML(source));
};

socket.onXML = function (document:XML):Void {
	var node:XMLNode = document.firstChild;
	trace("onXML " + node.nodeName);
	if (node.nodeName != "said" || node.attributes.from == me) return;
	var text:String = node.firstChild.nodeValue;
	if (text == "ping") this.send(element("say", "room", room, "pong, " + node.attributes.from));
	if (text == "bye") {
		this.send(element("say", "room", room, "Goodbye."));
		this.close();
		trace("closed");
	}
};

socket.onClose = function ():Void {
	trace("onClose");
};

trace("connect " + socket.connect(host, port));
