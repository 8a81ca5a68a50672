/** The scenarios of the GRUB-only tier, as data. Each is one disk that is started two to four times. Pure. */
import { setInGrubenv } from '../grub/env.ts';
import type { Boot } from './serial.ts';
import type { LayoutName } from './layout.ts';
import type { Stage } from './captured.ts';
import { type Plan, withFile, withText } from './plan.ts';
import type { MachineOptions } from './run.ts';

/**
 * What a start was: the old kernel by its own entry (`old`), the old kernel out of the trial entry (`refused`), the new kernel on
 * trial (`trial`), or the new kernel without the trial's safeguards (`new`).
 */
export type BootKind = 'old' | 'refused' | 'trial' | 'new';

/** GRUB's environment afterwards; `none`: GRUB finds no block it can read. A variable that is not there is undefined. */
export type EnvAfter = 'none' | { nextEntry: string | undefined; tried: string | undefined };

export interface GrubScenario {
  /** `storage/…`, as in the evidence. */
  name: string;
  layout: LayoutName;
  /** Stage of the rehearsal host whose menu is on the disk. */
  stage: Stage;
  /** /boot is a file system of its own. */
  ownBoot?: boolean;
  /** One sentence: what is so, and what GRUB does. */
  what: string;
  change?: (plan: Plan) => Plan;
  /** The starts, oldest first. */
  boots: readonly BootKind[];
  env: EnvAfter;
  /**
   * Why what happens is not what the product promises, and what keeps a host from getting there. Only where GRUB itself leaves no
   * other way; the run is recorded as it is.
   */
  unsafe?: string;
  /** What the machine needs beyond what a stand-in kernel does. */
  machine?: Omit<MachineOptions, 'boots'>;
}

export const SPENT = { nextEntry: '', tried: '1' } as const;
export const STICKY = { nextEntry: 'trialboot-trial', tried: undefined } as const;
export const PINNED = { nextEntry: undefined, tried: undefined } as const;

export const TRIED: readonly BootKind[] = ['trial', 'old', 'old'];
const REFUSED_ONCE: readonly BootKind[] = ['refused', 'old', 'old'];
export const REFUSED: readonly BootKind[] = ['refused', 'refused', 'refused'];

const ENTRY_0 = 'Without its environment GRUB starts entry 0, the newest kernel, without the trial settings. preflight.grubenv and trial.armed refuse a host whose block is not whole; what damages it later nobody can refuse.';

/** The trial's second initrd, as trial.arm names it. */
const WATCHDOG_INITRD = '/boot/trialboot.cpio';

const GARBAGE = Buffer.alloc(1536, 0xa5);

// The forms in which grubenv can be broken.
const hole = (plan: Plan): Plan => withFile(plan, plan.paths.env, (f) => ({ content: Buffer.alloc(f.content.length), hole: true }));
const missing = (plan: Plan): Plan => withFile(plan, plan.paths.env, () => undefined);
const damaged = (plan: Plan): Plan => withText(plan, plan.paths.env, (t) => t.replace('# GRUB', 'X GRUB'));
const truncated = (plan: Plan): Plan => withText(plan, plan.paths.env, (t) => t.slice(0, 512));

/** Takes the guard out of the trial entry: what would be without it. */
export const withoutGuard = (plan: Plan): Plan => withText(plan, plan.paths.custom, (t) => t.replace(/\bsave_env trialboot_tried\b/, 'true'));

export const SCENARIOS: readonly GrubScenario[] = [
  ...(['ext4', 'xfs', 'fat'] as const).map((layout): GrubScenario => ({
    name: `storage/armed-${layout}`, layout, stage: 'armed', boots: TRIED, env: SPENT,
    what: `With /boot on ${layout}, GRUB forgets the one-time choice before the new kernel starts: new once, then old.`,
  })),
  ...(['lvm', 'btrfs', 'md'] as const).map((layout): GrubScenario => ({
    name: `storage/refused-${layout}`, layout, stage: 'armed', boots: REFUSED, env: STICKY,
    what: `With /boot on ${layout}, GRUB cannot forget the one-time choice; the guard takes the old kernel at every boot.`,
  })),
  ...(['ext4', 'lvm', 'btrfs'] as const).map((layout): GrubScenario => ({
    name: `storage/pinned-${layout}`, layout, stage: 'upgraded', env: PINNED,
    boots: layout === 'ext4' ? ['old', 'old', 'old', 'old'] : ['old', 'old'],
    what: `The new kernel is installed and not armed, /boot is on ${layout}: the old kernel boots.`,
  })),
  {
    name: 'storage/env-truncated', layout: 'ext4', stage: 'armed', change: truncated, boots: TRIED, env: SPENT,
    what: 'The armed environment block was cut to 512 bytes, of which the values fill the first half: GRUB goes on with what is there.',
  },
  ...([['hole', hole], ['missing', missing], ['damaged', damaged]] as const).flatMap(([name, change]): GrubScenario[] => [
    {
      name: `storage/env-${name}-armed`, layout: 'ext4', stage: 'armed', change, env: 'none',
      boots: name === 'hole' ? ['new', 'new', 'new', 'new'] : ['new', 'new'], unsafe: ENTRY_0,
      what: `After arming, the environment block became unreadable (${name}): GRUB knows neither the trial nor the default.`,
    },
    {
      name: `storage/env-${name}-pinned`, layout: 'ext4', stage: 'upgraded', change, boots: ['new', 'new'], env: 'none', unsafe: ENTRY_0,
      what: `After the installation, the environment block became unreadable (${name}): GRUB does not know the default.`,
    },
  ]),
  {
    name: 'storage/new-image-broken', layout: 'ext4', stage: 'armed', boots: REFUSED_ONCE, env: SPENT,
    change: (p) => withFile(p, p.paths.image(p.newRelease), () => ({ content: GARBAGE })),
    what: 'The new kernel image is garbage: GRUB says so and takes the old kernel out of the same entry.',
  },
  {
    name: 'storage/new-image-missing', layout: 'ext4', stage: 'armed', boots: REFUSED_ONCE, env: SPENT,
    change: (p) => withFile(p, p.paths.image(p.newRelease), () => undefined),
    what: 'The new kernel image is not there: GRUB says so and takes the old kernel out of the same entry.',
  },
  {
    name: 'storage/new-image-empty', layout: 'ext4', stage: 'armed', boots: REFUSED_ONCE, env: SPENT,
    change: (p) => withFile(p, p.paths.image(p.newRelease), () => ({ content: Buffer.alloc(0) })),
    what: 'The new kernel image is empty, as a power cut leaves it: GRUB says so and takes the old kernel out of the same entry.',
  },
  {
    name: 'storage/new-initrd-missing', layout: 'ext4', stage: 'armed', boots: REFUSED_ONCE, env: SPENT,
    change: (p) => withFile(p, p.paths.initrd(p.newRelease), () => undefined),
    what: 'The initrd of the new kernel is not there: GRUB says so and takes the old kernel out of the same entry.',
  },
  {
    name: 'storage/watchdog-initrd-missing', layout: 'ext4', stage: 'armed', boots: REFUSED_ONCE, env: SPENT,
    change: (p) => withFile(p, WATCHDOG_INITRD, () => undefined),
    what: 'The small second initrd that arms the watchdog is not there: GRUB says so and takes the old kernel out of the same entry.',
  },
  {
    name: 'storage/next-entry-unknown', layout: 'ext4', stage: 'armed', boots: ['new', 'old', 'old'], env: { nextEntry: '', tried: undefined },
    change: (p) => withText(p, p.paths.env, (t) => setInGrubenv(t, 'next_entry', 'trialboot-typo') ?? t),
    what: 'The one-time choice names an entry that does not exist: GRUB starts entry 0 in silence, once.',
    unsafe: 'Entry 0 is the new kernel without the trial settings. trial.armed insists on the exact id and on the entry of that id in custom.cfg.',
  },
];

/** Neither kernel is on the disk: GRUB has nothing to start. Stands for every way in which GRUB can stand still; this one must fail. */
export const STANDING_STILL: GrubScenario = {
  name: 'storage/control-no-kernel', layout: 'ext4', stage: 'armed', boots: REFUSED_ONCE, env: SPENT,
  change: (p) => [p.oldRelease, p.newRelease].reduce((plan, r) => withFile(plan, plan.paths.image(r), () => undefined), p),
  what: 'Control: with no kernel at all GRUB stands still, and the lab has to see it.',
};

/** The guard taken out on storage GRUB cannot write to. What is expected is what the guarded entry does: this one must fail. */
export const CONTROL: GrubScenario = {
  name: 'storage/control-no-guard', layout: 'lvm', stage: 'armed', change: withoutGuard, boots: REFUSED, env: STICKY,
  what: 'Control: without the guard the new kernel boots for ever where GRUB cannot write, and the lab has to see it.',
};

/** Which kind of start this was. @returns undefined when the image is neither of the two kernels, or its markers contradict it */
export function kindOf(boot: Boot, plan: Pick<Plan, 'oldRelease' | 'newRelease' | 'paths'>): BootKind | undefined {
  const words = boot.args.split(' ');
  const trial = words.includes(`trialboot.trial=${plan.newRelease}`);
  const refused = words.includes(`trialboot.refused=${plan.newRelease}`);
  if (boot.image !== plan.paths.image(boot.release) || (trial && refused)) return undefined;
  if (boot.release === plan.oldRelease && !trial) return refused ? 'refused' : 'old';
  if (boot.release === plan.newRelease && !refused) return trial ? 'trial' : 'new';
  return undefined;
}
