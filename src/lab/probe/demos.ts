/** The demonstrations, in the order in which they are shown. Each must come out otherwise on a kernel that lacks the thing shown. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { artifact, touchArtifact } from '../system/cache.ts';
import { besideTree } from '../vm/toolroot.ts';
import type { Demo, Show } from './demo.ts';
import type { KernelSeries } from './kernels.ts';
import { type ProbeTree, TESTING_ROOT } from './tree.ts';

const MODES = '/sys/kernel/debug/sched/preempt';

/** Which mode a kernel is in after a value of preempt=, and whether it takes the value. */
const PREEMPT: Record<string, { old: string; new: string }> = {
  'preempt=none': { old: '(none)', new: '(lazy)' },
  'preempt=lazy': { old: '(voluntary)', new: '(lazy)' },
};

const preempt: Demo = {
  name: 'probe/demo-preempt',
  what: 'preempt=none is taken by 6.12 and rejected by 7.x, preempt=lazy the other way round; the only trace of a rejected value is a line in the kernel log.',
  boots: Object.keys(PREEMPT).map((a) => ({ arguments: a })),
  async play(s) {
    const value = s.arguments.slice('preempt='.length);
    const wanted = PREEMPT[s.arguments]![s.isNew ? 'new' : 'old'];
    const taken = wanted === `(${value})`;
    s.note(`booted with ${s.arguments}`);
    const asked = await s.type("tr ' ' '\\n' < /proc/cmdline | grep preempt=");
    s.expect(`the command line asks for ${value}`, asked.trim() === s.arguments, asked);
    const mode = await s.type(`cat ${MODES}`);
    s.expect(`${s.arguments} leads to ${wanted}`, mode.includes(wanted), mode);
    const log = await s.type("dmesg | grep 'Dynamic Preempt'");
    s.expect(taken ? `${value} is not called unsupported` : `the kernel log calls ${value} unsupported`, log.includes(`unsupported mode: ${value}`) !== taken, log);
    if (value !== 'none') return;
    // The same at run time, where a rejected value is an error of the write.
    for (const other of ['voluntary', 'none', 'lazy', 'full']) {
      await s.type(`echo ${other} > ${MODES}`);
      const now = await s.type(`cat ${MODES}`);
      const possible = other === 'full' || (other === 'lazy') === s.isNew;
      s.expect(`written at run time, ${other} is ${possible ? 'taken' : 'rejected'}`, now.includes(`(${other})`) === possible, now);
    }
  },
};

const uring: Demo = {
  name: 'probe/demo-io-uring-filter',
  what: 'A filter on a ring denies one operation of io_uring: the program can no longer open a file that way, and the rest of it works. 6.12 takes no filter.',
  async play(s) {
    const program = readFileSync(fileURLToPath(new URL('./programs/uring.py', import.meta.url)), 'utf8');
    await s.vm.copy('/home/admin/uring.py', program);
    const out = await s.type('setpriv --reuid admin --regid admin --init-groups python3 /home/admin/uring.py');
    const said = (what: string): string => out.split('\n').find((l) => l.startsWith(what))?.slice(what.length + 2) ?? 'nothing';
    const before = said('before the filter, OPENAT by io_uring');
    s.expect('without a filter the file is opened', before === 'opened', before);
    const taken = said('filter that denies OPENAT');
    s.expect(s.isNew ? 'the filter is taken' : 'the kernel knows no filter', taken === (s.isNew ? '0' : 'EINVAL (22)'), taken);
    const after = said('after it, OPENAT by io_uring');
    s.expect(s.isNew ? 'with it the same operation is denied' : 'so the operation goes on working', after === (s.isNew ? 'EACCES (13)' : 'opened'), after);
    const nop = said('after it, NOP by io_uring');
    s.expect('another operation of the same ring works', nop === '0', nop);
    const plain = said('after it, openat(2) of the same program');
    s.expect('the ordinary system call works: the filter covers io_uring only', plain === 'opened', plain);
  },
};

/** Runs instead of the initramfs's own /init. After pivot_root there is no program left in sight, so it goes on with what the shell itself can. */
const PIVOT = `#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /proc
mount -t proc proc /proc
say() { echo "SHOW $1"; }
list() { while read -r line; do case $line in *' / / '*|*' /old '*) say "$line" ;; esac; done < "$1"; }
say '# grep " / / " /proc/self/mountinfo'
list /proc/self/mountinfo
mkdir /new
mount -t tmpfs tmpfs /new
mkdir /new/old
cd /new
say '# pivot_root . old'
pivot_root . old > /tmp.out 2>&1
status=$?
tmp=/tmp.out proc=/proc
[ $status != 0 ] || { tmp=/old/tmp.out proc=/old/proc; }
while read -r line; do say "$line"; done < $tmp
say "[status $status]"
say '# cat /proc/self/mountinfo'
list $proc/self/mountinfo
say END
echo o > $proc/sysrq-trigger
while :; do read -r line; done
`;

/** The kernel's own initramfs with that program in it. */
async function pivotInitrd(tree: ProbeTree, series: KernelSeries): Promise<string> {
  const { initrd } = tree.kernels[series]!;
  const dir = await artifact('probe-pivot', { revision: 1, initrd: basename(initrd), of: tree.names, text: PIVOT }, async (temp) => {
    const content = join(temp, 'content');
    mkdirSync(content);
    writeFileSync(join(content, 'show'), PIVOT, { mode: 0o755 });
    await besideTree('packing an initramfs', { tools: tree.layers.slice(-2), content: [content], out: temp }, 'cd /mnt/tree && echo show | cpio -o -H newc --quiet > /mnt/out/show.cpio');
    writeFileSync(join(temp, 'initrd'), Buffer.concat([readFileSync(join(temp, 'show.cpio')), readFileSync(initrd)]));
  });
  touchArtifact(dir);
  return join(dir, 'initrd');
}

const nullfs: Demo = {
  name: 'probe/demo-nullfs',
  what: 'A program of the initramfs leaves it with pivot_root: 7.x lets it, because the mount tree stands on nullfs; 6.12 refuses.',
  boots: [{ arguments: 'rdinit=/show quiet', initrd: pivotInitrd }],
  async play(s) {
    const lines = s.vm.serialText().split('\n').flatMap((l) => /SHOW (.*)$/.exec(l)?.[1] ?? []);
    const shown = lines.filter((l) => l !== 'END').join('\n');
    s.note(shown);
    s.expect('the program came to its end', lines.includes('END'), lines.at(-1) ?? 'nothing on the console');
    const root = /^(\d+) (\d+) \S+ \/ \/ /m.exec(shown);
    s.expect(s.isNew ? 'the root has a mount below it' : 'the root of the initramfs is its own parent', (root !== null && root[1] !== root[2]) === s.isNew, root?.[0] ?? shown);
    s.expect(s.isNew ? 'pivot_root ends with status 0' : 'pivot_root is refused', shown.includes('[status 0]') === s.isNew && shown.includes('[status '), /\[status \d+\]/.exec(shown)?.[0] ?? '');
    const after = shown.slice(shown.lastIndexOf('#'));
    s.expect(s.isNew ? 'afterwards the initramfs lies at /old and a tmpfs at /' : 'nothing lies at /old', / \/ \/old /.test(after) === s.isNew && (!s.isNew || /\/ \/ \S+ .*- tmpfs/.test(after)), after);
  },
};

const mlDsa: Demo = {
  name: 'probe/demo-ml-dsa',
  what: 'The kernel is given a certificate signed with ML-DSA: 6.12 does not know the algorithm, Debian builds 7.x without it. One signed with RSA is taken by all.',
  async play(s) {
    await s.prepare('mkdir -p /run/keys');
    for (const [kind, options] of [['rsa', '-newkey rsa:2048'], ['mldsa', '-newkey ML-DSA-65']] as const) {
      await s.type(`cd /run/keys && openssl req -x509 -new ${options} -nodes -keyout ${kind}.key -out ${kind}.pem -subj /CN=probe 2> /dev/null && openssl x509 -in ${kind}.pem -outform DER -out ${kind}.der`);
    }
    const kind = await s.type("openssl x509 -in /run/keys/mldsa.pem -noout -text | grep -m 1 'Signature Algorithm'");
    s.expect('the certificate is signed with ML-DSA-65', kind.includes('ML-DSA-65'), kind);
    const rsa = await s.type('keyctl padd asymmetric probe-rsa @s < /run/keys/rsa.der');
    s.expect('a certificate with RSA is taken', /^\d+$/.test(rsa.trim()), rsa);
    const ml = await s.type('keyctl padd asymmetric probe-mldsa @s < /run/keys/mldsa.der');
    const words = s.isNew ? 'No such file or directory' : 'Package not installed';
    s.expect(s.isNew ? 'one with ML-DSA is refused: known, but not built (ENOENT)' : 'one with ML-DSA is refused: unknown (ENOPKG)', ml.includes(words), ml);
    const loaded = await s.type("grep -c '^name.*mldsa' /proc/crypto");
    s.expect('no kernel of Debian lists mldsa', loaded.trim() === '0', loaded);
  },
};

/** Makes what chroot of the programs of testing needs. */
const ENTER_TESTING = `for d in proc sys dev; do mountpoint -q ${TESTING_ROOT}/$d || mount --rbind /$d ${TESTING_ROOT}/$d; done
mountpoint -q ${TESTING_ROOT}/srv || mount -t tmpfs tmpfs ${TESTING_ROOT}/srv`;
const IN = `chroot ${TESTING_ROOT}`;

async function xfsPlay(s: Show): Promise<void> {
  const [files, image, mnt] = [200, '/srv/x.img', '/mnt'] as const;
  const out = (path: string): string => `${TESTING_ROOT}${path}`;
  await s.prepare(`${ENTER_TESTING}; modprobe loop; modprobe xfs`);
  const made = await s.type(`truncate -s 400M ${out(image)} && ${IN} mkfs.xfs ${image} | grep -oE '(rmapbt|exchange|parent)=[01]' | sort -u | xargs`);
  s.expect('mkfs.xfs of xfsprogs 7 makes it ready for repair', made.includes('parent=1') && made.includes('rmapbt=1'), made);
  await s.type(`mount -o loop ${out(image)} ${out(mnt)} && mkdir ${out(mnt)}/d`);
  await s.type(`for i in $(seq ${files}); do echo $i > ${out(mnt)}/d/some-file-name-$i; done; umount ${out(mnt)}`, 300_000);
  const where = await s.prepare(`mount -o loop,ro ${out(image)} ${out(mnt)} && stat -c %i ${out(mnt)}/d; umount ${out(mnt)}`);
  const at = await s.type(`${IN} xfs_db -r -c 'inode ${where.trim()}' -c 'dblock 0' -c daddr ${image}`);
  const sector = /daddr is (\d+)/.exec(at)?.[1];
  s.expect('the first block of the directory is found', sector !== undefined, at);
  await s.type(`mount -o loop ${out(image)} ${out(mnt)}`);
  await s.prepare(`nohup ${IN} /usr/libexec/xfsprogs/xfs_healer ${mnt} > /run/healer.log 2>&1 < /dev/null & sleep 5`);
  s.note(`# xfs_healer ${mnt} > /run/healer.log &`);
  await s.type(`dd if=/dev/urandom of=${out(image)} bs=512 seek=${sector} count=1 conv=notrunc status=none; echo 2 > /proc/sys/vm/drop_caches`);
  const first = await s.type(`ls ${out(mnt)}/d | wc -l`);
  s.expect('the damage is met: the directory cannot be read', first.includes('Structure needs cleaning'), first);
  await s.prepare(`for i in $(seq 30); do [ "$(ls ${out(mnt)}/d 2> /dev/null | wc -l)" = ${files} ] && break; sleep 1; done; true`, 120_000);
  const second = await s.type(`ls ${out(mnt)}/d | wc -l`);
  const log = await s.type('cat /run/healer.log');
  s.expect(s.isNew ? `half a minute later all ${files} names are there, and nobody has unmounted it` : 'half a minute later it still cannot be read', s.isNew ? second.trim() === String(files) : second.includes('Structure needs cleaning'), second);
  s.expect(s.isNew ? 'xfs_healer says that it repaired' : 'xfs_healer says that the kernel cannot', s.isNew ? log.includes('Repairs successful') : /not supported/.test(log), log);
  if (s.isNew) {
    const content = await s.type(`cat ${out(mnt)}/d/some-file-name-77`);
    s.expect('a file in it has its content', content.trim() === '77', content);
  }
  await s.prepare(`pkill -x xfs_healer; sleep 2; umount ${out(mnt)}`);
  const left = await s.type(`${IN} xfs_repair -n ${image} > /run/repair.log 2>&1; echo $?`);
  s.expect(s.isNew ? 'xfs_repair finds nothing left to mend' : 'xfs_repair finds the damage', s.isNew === (left.trim() === '0'), left);
  await s.prepare(`rm -f ${out(image)}`);
}

const xfs: Demo = {
  name: 'probe/demo-xfs-self-healing',
  what: 'A block of a directory is overwritten under a mounted XFS. With xfs_healer 7.x mends it while it stays mounted; on 6.12 the directory stays unreadable.',
  play: xfsPlay,
};

const erofs: Demo = {
  name: 'probe/demo-erofs-lzma',
  what: 'An EROFS image compressed with LZMA is mounted and compared with what it was made from; it works on 6.12 as well. A damaged one is refused.',
  async play(s) {
    const out = (path: string): string => `${TESTING_ROOT}${path}`;
    await s.prepare(`${ENTER_TESTING}; modprobe loop; mkdir -p ${out('/srv/tree')}; cp -a /usr/share/doc /usr/share/perl5 ${out('/srv/tree')} 2> /dev/null; cp -a /etc ${out('/srv/tree')}`);
    await s.type(`${IN} mkfs.erofs -zlzma /srv/e.img /srv/tree | grep -i -m 1 compress; du -sm ${out('/srv/tree')} ${out('/srv/e.img')} | cut -f 1 | xargs echo MiB:`, 300_000);
    // available_compr_algs of the super block (fs/erofs/erofs_fs.h): bit 0 is LZ4, bit 1 LZMA, bit 2 DEFLATE, bit 3
    // Zstandard. mkfs.erofs 1.5 leaves 0 there without compression, and 65535, the largest distance, with -zlz4.
    const kind = await s.type(`od -A n -t u2 -j 1108 -N 2 ${out('/srv/e.img')}`);
    s.expect('its super block lists LZMA and nothing else', kind.trim() === '2', kind);
    const mounted = await s.type(`mount -t erofs -o loop,ro ${out('/srv/e.img')} ${out('/mnt')} && grep erofs /proc/mounts`);
    s.expect('the image is mounted', /erofs/.test(mounted), mounted);
    const same = await s.type(`diff -r --no-dereference ${out('/srv/tree')} ${out('/mnt')} && echo same`, 300_000);
    s.expect('what is read is what it was made from', same.trim() === 'same', same);
    await s.prepare(`umount ${out('/mnt')}`);
    const broken = await s.type(`dd if=/dev/zero of=${out('/srv/e.img')} bs=1 seek=1024 count=4 conv=notrunc status=none; mount -t erofs -o loop,ro ${out('/srv/e.img')} ${out('/mnt')}`);
    s.expect('with its first bytes gone it is refused', /wrong fs type|bad superblock|Invalid argument/.test(broken), broken);
    await s.prepare(`rm -rf ${out('/srv/tree')} ${out('/srv/e.img')}; ! mountpoint -q ${out('/mnt')}`);
  },
};

export const DEMOS: readonly Demo[] = [preempt, uring, nullfs, mlDsa, xfs, erofs];
