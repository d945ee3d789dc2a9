// A small Haxe server of a game: it greets first, and answers one document at a time.
import sys.net.Host;
import sys.net.Socket;

class Server {
	static function main() {
		var listener = new Socket();
		listener.bind(new Host("127.0.0.1"), 0);
		listener.listen(1);
		Sys.println(listener.host().port);
		var client = listener.accept();
		client.output.writeString("<welcome version='1'/>\n");
		client.output.writeByte(0);
		while (true) {
			var text = client.input.readUntil(0);
			var id = Xml.parse(text).firstElement().get("id");
			client.output.writeString("<?xml version=\"1.0\"?>\n<answer id='" + id + "' text='é'/>");
			client.output.writeByte(0);
			client.output.flush();
			if (text.indexOf("<end") >= 0) break;
		}
		client.close();
	}
}
