// The server's codes in everyday words; its own sentence stands where there is no better one.

class Words {
	public static function error(code:String, text:String):String {
		return switch code {
			case "name-taken": "Someone else is using that name. Please choose another.";
			case "token-invalid": "This name needs its token. The operator of the server can give you one.";
			case "document-too-large": "That message is too long.";
			default: text == "" ? 'The server refused that ($code).' : text;
		}
	}

	public static function exit(reason:String):String {
		return switch reason {
			case "kicked": "An operator has sent you out of this room.";
			case "banned": "An operator has banned you from this room.";
			default: "You are not in this room any more.";
		}
	}

	public static function farewell(reason:Null<String>):String {
		return switch reason {
			case "draining": "The server is stopping. It may be back soon.";
			case "session-resumed": "You have gone on with this chat elsewhere.";
			default: "The server has closed the connection.";
		}
	}
}
