// Types that valibot's declarations name and that Node and pages share; nothing here uses them.

interface Blob {
	readonly size: number;
	readonly type: string;
}
interface File extends Blob {
	readonly name: string;
}
