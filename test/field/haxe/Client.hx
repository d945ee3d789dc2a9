// A Haxe client as native OpenFL programs are: blocking reads up to a zero byte, and no line ends.
import haxe.io.Bytes;
import sys.net.Host;
import sys.net.Socket;

class Client {
	static function main() {
		var arguments = Sys.args();
		var socket = new Socket();
		socket.connect(new Host("127.0.0.1"), Std.parseInt(arguments[0]));
		socket.setTimeout(5);
		// One character in two segments.
		var hello = Bytes.ofString("<hello name='é'/>");
		var half = hello.length - 4;
		socket.output.writeBytes(hello, 0, half);
		socket.output.flush();
		socket.output.writeBytes(hello, half, hello.length - half);
		socket.output.writeByte(0);
		// Two documents in one write.
		socket.output.writeString("<join room='lobby'/>\x00<say room='lobby'>日本</say>\x00");
		socket.output.flush();
		while (true) {
			var text = socket.input.readUntil(0);
			Sys.println(text);
			var root = Xml.parse(text).firstElement();
			if (root.nodeName == "said") break;
		}
		socket.close();
	}
}
