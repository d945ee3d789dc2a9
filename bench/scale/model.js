// Calculates what a cluster needs from the costs of its parts: processes, messages between them, memory. The sizes of rooms follow
// Zipf's law, so a few are huge and most are small. It measures nothing.

/**
 * @typedef {object} Habits
 * @property {number} roomsPerUser
 * @property {number} usersPerRoom on average
 * @property {number} secondsPerMessage the time between two messages of one member in one room
 * @property {number} roomMessagesPerSecond the most that readers of a huge room can follow: the daemon slows senders beyond it
 *
 * @typedef {object} Costs measured costs
 * @property {number} connectionBytes memory of one idle connection in the daemon
 * @property {number} personBytes memory of one user of another process
 * @property {number} deliverySeconds CPU of one delivery to one reader
 * @property {number} busSeconds CPU of one message from the bus
 *
 * @typedef {object} Limits
 * @property {number} connectionsPerProcess
 * @property {number} memoryBytesPerProcess
 * @property {number} load the allowed share of a core, from 0 to 1
 */

/** Room sizes by rank, rooms of about the same size together: [size, how many]. */
export function roomSizes(users, { roomsPerUser, usersPerRoom }) {
	const memberships = users * roomsPerUser;
	const rooms = Math.max(1, Math.round(memberships / usersPerRoom));
	let harmonic = 0;
	const groups = [];
	for (let from = 1; from <= rooms; ) {
		const to = Math.min(rooms, Math.max(from, Math.floor(from * 1.05)));
		const weight = Math.log((to + 0.5) / (from - 0.5));
		groups.push({ weight, count: to - from + 1 });
		harmonic += weight;
		from = to + 1;
	}
	return groups.map(({ weight, count }) => ({
		size: Math.max(1, Math.min(users, (memberships * weight) / harmonic / count)),
		count,
	}));
}

/** The work of `processes` processes, with the clients spread over all of them. */
export function work(users, processes, habits, costs, limits) {
	let spoken = 0;
	let deliveries = 0;
	let busMessages = 0;
	for (const { size, count } of roomSizes(users, habits)) {
		const messages = Math.min(size / habits.secondsPerMessage, habits.roomMessagesPerSecond) * count;
		const open = processes * (1 - (1 - 1 / processes) ** size);
		spoken += messages;
		deliveries += messages * size;
		// Once to the broker, and once to each other process that has the room open.
		if (processes > 1) busMessages += messages * (open - 1);
	}
	const cpuSeconds =
		(deliveries * costs.deliverySeconds + (busMessages + spoken) * costs.busSeconds) / processes / limits.load;
	const here = users / processes;
	const memoryBytes = here * costs.connectionBytes + (users - here) * costs.personBytes;
	return { spoken, deliveries, busMessages, cpuSeconds, memoryBytes };
}

/** The smallest sufficient number of processes, and the limit that requires it; undefined if no number is sufficient. */
export function processesFor(users, habits, costs, limits) {
	let processes = Math.ceil(users / limits.connectionsPerProcess);
	let because = "connections";
	for (let step = 0; step < 400; step++) {
		const done = work(users, processes, habits, costs, limits);
		if (done.memoryBytes > limits.memoryBytesPerProcess) {
			if (users * costs.personBytes > limits.memoryBytesPerProcess) return undefined;
			because = "memory";
		} else if (done.cpuSeconds > 1) because = "CPU";
		else return { processes, because, ...done };
		processes = Math.max(processes + 1, Math.ceil(processes * 1.03));
	}
	return undefined;
}
