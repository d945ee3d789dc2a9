// An application for `serve --app`: says which worker a client is connected to, returns what begins with `<e`, and sends everything else to all.

const peers = new Set();

export default {
	output: "text",
	open(peer) {
		peers.add(peer);
		return {
			document(text) {
				// Clients of other workers have an id with a letter.
				if (text === "<where/>") peer.send(/\D/.test(peer.id) ? "<elsewhere/>" : "<here/>");
				else if (text.startsWith("<e")) peer.send(text);
				else {
					const bytes = peer.encode(text);
					for (const each of peers) each.sendEncoded(bytes);
				}
			},
			closed: () => peers.delete(peer),
		};
	},
};
