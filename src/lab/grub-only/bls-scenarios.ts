/** Scenarios of the GRUB-only tier for hosts of the RHEL family, whose menu GRUB makes of /boot/loader/entries at each start. Pure. */
import { setInGrubenv } from '../grub/env.ts';
import type { LayoutName } from './layout.ts';
import { emptyInitramfs } from './real-kernel.ts';
import { type Plan, withFile, withText } from './plan.ts';
import { type GrubScenario, PINNED, REFUSED, SPENT, STICKY, TRIED, withoutGuard } from './scenarios.ts';

/** A disk as RHEL's installer lays it out, XFS on a /boot of its own, and the others there are. */
const STORAGE: readonly { name: string; layout: LayoutName; ownBoot: boolean; words: string }[] = [
  { name: 'boot-xfs', layout: 'xfs', ownBoot: true, words: 'on XFS of its own' },
  { name: 'boot-ext4', layout: 'ext4', ownBoot: true, words: 'on ext4 of its own' },
  { name: 'root-ext4', layout: 'ext4', ownBoot: false, words: 'on the root, ext4' },
];

const DIGIT = 'Upstream GRUB takes a default that begins with a digit for the number of an entry. Red Hat\'s GRUB compares names first, which was not tried here: there is no package of it.';

/** The machine id that the entries' names begin with. */
function machineIdOf(plan: Plan): string {
  const name = [...plan.files.keys()].find((p) => p.endsWith(`-${plan.oldRelease}.conf`))!.replace(/^.*\//, '');
  return name.slice(0, -`-${plan.oldRelease}.conf`.length);
}

/** The disk of a host with another machine id. */
function withMachineId(plan: Plan, id: string): Plan {
  const before = machineIdOf(plan);
  if (id === before) throw new Error(`grub-only: the machine id is ${id} already`);
  const files = new Map([...plan.files].map(([path, file]) => [path.replace(`/${before}-`, `/${id}-`), file]));
  return withText({ ...plan, files }, plan.paths.env, (t) => {
    const saved = /^saved_entry=(.*)$/m.exec(t)![1]!;
    return setInGrubenv(t, 'saved_entry', saved.replace(before, id)) ?? t;
  });
}

const saving = (plan: Plan, entry: string): Plan => withText(plan, plan.paths.env, (t) => setInGrubenv(t, 'saved_entry', entry) ?? t);
const entryOf = (plan: Plan, release: string): string => `${plan.paths.entries}/${machineIdOf(plan)}-${release}.conf`;

export const BLS_SCENARIOS: readonly GrubScenario[] = [
  ...STORAGE.flatMap(({ name, layout, ownBoot, words }): GrubScenario[] => [
    {
      name: `storage/bls-pinned-${name}`, layout, ownBoot, stage: 'upgraded', boots: ['old', 'old'], env: PINNED,
      what: `The entry of the new kernel is there and the first in the menu, /boot is ${words}: the saved entry boots, by its id.`,
    },
    {
      name: `storage/bls-armed-${name}`, layout, ownBoot, stage: 'armed', boots: TRIED, env: SPENT,
      what: `With /boot ${words}, GRUB forgets the one-time choice before the new kernel starts: new once, then old by its id.`,
    },
  ]),
  {
    name: 'storage/bls-committed-boot-xfs', layout: 'xfs', ownBoot: true, stage: 'committed', boots: ['new', 'new'], env: PINNED,
    what: 'After the commit the new kernel boots by its id, and stays.',
  },
  {
    name: 'storage/bls-refused-lvm', layout: 'lvm', ownBoot: true, stage: 'armed', boots: REFUSED, env: STICKY,
    what: 'With /boot on a logical volume GRUB cannot forget the one-time choice; the guard takes the old kernel at every boot.',
  },
  {
    name: 'storage/bls-default-removed', layout: 'ext4', ownBoot: true, stage: 'upgraded', boots: ['new', 'new'], env: PINNED,
    change: (p) => saving(p, `${machineIdOf(p)}-5.14.0-1.el9.x86_64`),
    what: 'The saved entry names a file that is gone: GRUB says nothing and starts the first entry, the newest kernel.',
    unsafe: 'GRUB has no other default. preflight refuses a host whose saved entry is not the running kernel\'s, and upgrade.pin-default writes it before anything is installed.',
  },
  {
    name: 'storage/bls-default-with-suffix', layout: 'ext4', ownBoot: true, stage: 'upgraded', boots: ['new', 'new'], env: PINNED,
    change: (p) => saving(p, `${machineIdOf(p)}-${p.oldRelease}.conf`),
    what: 'The saved entry was written with the ending .conf, which is no part of the id: GRUB starts the first entry.',
    unsafe: 'A name that is no id. upgrade.default-pinned reads the entry back and compares it as a whole.',
  },
  {
    name: 'storage/bls-blank-line', layout: 'ext4', ownBoot: true, stage: 'upgraded', boots: ['new', 'new'], env: PINNED,
    change: (p) => withText(p, entryOf(p, p.oldRelease), (t) => `\n${t}`),
    what: 'The entry of the old kernel begins with an empty line, at which GRUB stops reading: it has no kernel, so it is not in the menu.',
    unsafe: 'A damaged entry. preflight has to refuse an entry with an empty line: nothing else shows that it is not there.',
  },
  {
    name: 'storage/bls-digit-id', layout: 'ext4', ownBoot: true, stage: 'armed', boots: ['trial', 'new', 'new'], env: SPENT,
    change: (p) => withMachineId(p, '4f1d0a7c4d2e4f9f8c35d1e07a94c218'),
    what: 'The machine id begins with a digit: the trial starts by its own name, and GRUB misses the saved entry afterwards.',
    unsafe: DIGIT,
  },
];

/** The guard taken out on storage GRUB cannot write to. What is expected is what the guarded entry does: this one must fail. */
export const BLS_CONTROL: GrubScenario = {
  name: 'storage/bls-control-no-guard', layout: 'lvm', ownBoot: true, stage: 'armed', change: withoutGuard, boots: REFUSED, env: STICKY,
  what: 'Control: without the guard the new kernel boots for ever where GRUB cannot write, and the lab has to see it.',
};

/** The saved default taken away. What is expected is what a pinned host does: this one must fail. */
export const BLS_CONTROL_UNPINNED: GrubScenario = {
  name: 'storage/bls-control-unpinned', layout: 'ext4', ownBoot: true, stage: 'upgraded', boots: ['old', 'old'], env: PINNED,
  change: (p) => withFile(p, p.paths.env, (f) => ({ content: Buffer.from(Buffer.from(f.content).toString('latin1').replace(/^saved_entry=.*\n/m, '').padEnd(f.content.length, '#')) })),
  what: 'Control: without a saved default the first entry boots, the new kernel, and the lab has to see it.',
};

/** The trial's own line with a console on the serial port: the host's line has none, and a real kernel is told by its log. */
const onSerial = (plan: Plan): Plan => withText(plan, plan.paths.custom, (t) => t.replace(/ (?=trialboot\.trial=)/, ' console=ttyS0,115200 '));

/** A real kernel on trial that dies by itself. @param kernel its image; its release is the new one of what was captured */
export const realPanic = (image: Uint8Array): GrubScenario => ({
  name: 'storage/bls-real-kernel-panics', layout: 'xfs', ownBoot: true, stage: 'armed', boots: ['trial', 'old', 'old'], env: SPENT,
  change: (p) => withFile(withFile(onSerial(p), p.paths.image(p.newRelease), () => ({ content: image })), p.paths.initrd(p.newRelease), () => ({ content: emptyInitramfs() })),
  what: 'The new kernel is a real one and finds no root: it panics, restarts the machine by itself, and the old entry boots.',
  machine: { memory: 512, shift: 5, silentCpuSeconds: 30, wallSeconds: 400 },
});
