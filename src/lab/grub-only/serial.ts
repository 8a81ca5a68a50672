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

/** The starts of stand-in kernels, oldest first. A line still without its end is left out. */
export function parseBoots(raw: string): Boot[] {
  const boots: Boot[] = [];
  for (const line of raw.split('\n').slice(0, -1)) {
    const m = LINE.exec(line.replace(/\r$/, ''));
    if (!m) continue;
    const words = m[3]!.split(' ').filter((w) => w !== '');
    const image = words.find((w) => w.startsWith('BOOT_IMAGE='));
    boots.push({
      release: m[1]!,
      image: image?.slice('BOOT_IMAGE='.length) ?? '',
      args: words.filter((w) => w !== image).join(' '),
      initrd: m[2] !== '',
      initrdText: m[2]!,
    });
  }
  return boots;
}
