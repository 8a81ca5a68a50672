/** Reads what came over the serial port: GRUB's words and the stand-in kernels' lines. Pure. */
import { TINY } from './tiny-kernel.ts';

/** One start of a stand-in kernel. */
export interface Boot {
  /** What the image says of itself. */
  release: string;
  /** The path GRUB loaded it from, as it put it on the command line: BOOT_IMAGE. */
  image: string;
  /** The command line without BOOT_IMAGE. */
  args: string;
  /** Was an initrd loaded? */
  initrd: boolean;
  /** What the initrd says of itself; empty when there was none. */
  initrdText: string;
  /** A real kernel, told by its own log. */
  real?: true;
}

const LINE = new RegExp(`^${TINY} (\\S+) \\[([^\\]]*)\\] (.*)$`);

/** Text as a person would have seen it, without terminal control. */
export const onScreen = (raw: string): string =>
  raw
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal control sequences are what is removed
    .replaceAll(/\u001b(\[[0-9;?]*[A-Za-z]|[()][0-9A-Za-z]|[0-9A-Za-z])/g, '')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
    .split('\n')
    .map((l) => l.trimEnd())
    .filter((l) => l !== '')
    .join('\n');

/** A real kernel's log: what it is, its command line, and that it was given an initrd. */
const REAL_VERSION = /\[ +\d+\.\d+\] Linux version (\S+) /;
const REAL_LINE = /^\[ +\d+\.\d+\] Command line: (.*)$/;
const REAL_INITRD = /^\[ +\d+\.\d+\] RAMDISK: /;

function bootOf(release: string, line: string, initrdText: string): Boot {
  const words = line.split(' ').filter((w) => w !== '');
  const image = words.find((w) => w.startsWith('BOOT_IMAGE='));
  return { release, image: image?.slice('BOOT_IMAGE='.length) ?? '', args: words.filter((w) => w !== image).join(' '), initrd: initrdText !== '', initrdText };
}

/** The starts of kernels, oldest first. A line still without its end is left out. */
export function parseBoots(raw: string): Boot[] {
  const boots: Boot[] = [];
  let version = '';
  for (const ended of raw.split('\n').slice(0, -1)) {
    const line = ended.replace(/\r+$/, '');
    const m = LINE.exec(line);
    if (m) boots.push(bootOf(m[1]!, m[3]!, m[2]!));
    version = REAL_VERSION.exec(line)?.[1] ?? version;
    const real = REAL_LINE.exec(line)?.[1];
    if (real !== undefined) boots.push({ ...bootOf(version, real, ''), real: true });
    const last = boots.at(-1);
    if (last?.real && REAL_INITRD.test(line)) last.initrd = true;
  }
  return boots;
}
