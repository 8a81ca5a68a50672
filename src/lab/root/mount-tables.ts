/** The mounts of a starting host, as tables that mount(8) works off in one go. Pure. */

/** Device nodes of the machine a host may use: none of them leads to anything but the program that uses it. */
const NODES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'] as const;

const line = (source: string, target: string, type: string, options: string): string => `${source} ${target} ${type} ${options} 0 0\n`;

/**
 * The file systems a start finds empty.
 * @param root the host's root, as an absolute path without blanks
 */
export const emptyMounts = (root: string): string =>
  line('tmpfs', `${root}/run`, 'tmpfs', 'nosuid,nodev,mode=755,size=64m') +
  // nodev: the nodes of the host's own disk can be seen and not opened; those bound below are mounts of their own
  line('udev', `${root}/dev`, 'tmpfs', 'nosuid,nodev,mode=755,size=4m') +
  line('sysfs', `${root}/sys`, 'tmpfs', 'nosuid,nodev,noexec,mode=755') +
  line('proc', `${root}/proc`, 'proc', 'nosuid,nodev,noexec') +
  // Settings of the machine's kernel are not the host's to change; those of its own network are.
  line(`${root}/proc/sys/net`, `${root}/proc/sys/net`, 'none', 'bind') +
  line(`${root}/proc/sys`, `${root}/proc/sys`, 'none', 'rbind,ro');

/**
 * The mounts on top of these, once they have their files.
 * @param procFiles files of /proc that the lab replaces, relative to /proc, each below /run/lab/proc in the host
 */
export const filledMounts = (root: string, procFiles: readonly string[]): string =>
  NODES.map((n) => line(`/dev/${n}`, `${root}/dev/${n}`, 'none', 'bind')).join('') +
  line('devpts', `${root}/dev/pts`, 'devpts', 'nosuid,noexec,gid=5,mode=620,ptmxmode=666,newinstance') +
  line('tmpfs', `${root}/dev/shm`, 'tmpfs', 'nosuid,nodev,mode=1777') +
  procFiles.map((f) => line(`${root}/run/lab/proc/${f}`, `${root}/proc/${f}`, 'none', 'bind')).join('');
