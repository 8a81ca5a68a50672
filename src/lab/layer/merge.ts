/** Makes one folder of a layer and of what overlayfs has written on it, without copying what was not changed. */
import { mustRun } from '../system/run.ts';

/** Lists a root but for the folders that chroot.ts puts something else in. */
const LIST = String.raw`find . -xdev -mindepth 1 '(' -path ./dev -o -path ./proc -o -path ./run -o -path ./tmp ')' -prune -o -printf '%y %p\n' | LC_ALL=C sort`;

/** Shell that lists a root as its programs see it, as {@link mergeUpper} wants it. */
export const LIST_ROOT = `cd / && ${LIST}`;

// $1 lower, $2 upper, $3 the new folder; standard input: what it has to hold. Files of the lower layer become second names of the same
// files: nothing may write to them, and nothing does, because a layer is only ever read through overlayfs.
const MERGE = `set -euo pipefail
cp -al -- "$1" "$3"
cd "$2"
# A character device 0/0 says that the file below is gone.
find . -type c -print0 | while IFS= read -r -d '' f; do
	[ "$(stat -c %t,%T -- "$f")" != 0,0 ] || rm -rf -- "$3/$f" "$f"
done
cp -a --remove-destination -- . "$3"
cd "$3"
diff - <(${LIST}) <&3 >&2
`;

/**
 * @param lower folder of the finished layer below
 * @param upper what was written on it; its marks of removed files are taken away
 * @param dest the folder to make; it is not there yet
 * @param list what {@link LIST_ROOT} said in the root
 * @throws Error when the result does not hold just that, as when a folder was removed and made anew
 */
export async function mergeUpper(lower: string, upper: string, dest: string, list: string): Promise<void> {
  await mustRun('laying two layers into one', ['bash', '-c', `exec 3<&0 </dev/null\n${MERGE}`, 'trialboot-lab', lower, upper, dest], { stdin: list });
}
