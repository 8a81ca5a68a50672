/** https://www.kernel.org/releases.json: the kernels upstream maintains, with the newest point release of each. */
import { z } from 'astro/zod';
import { parseJson } from './json.ts';

const Releases = z.object({
  latest_stable: z.object({ version: z.string().regex(/^\d+\.\d+(\.\d+)?$/, 'no version') }),
  releases: z
    .array(
      z.object({
        version: z.string().min(3),
        moniker: z.enum(['mainline', 'stable', 'longterm', 'linux-next']),
        iseol: z.boolean(),
        released: z.object({ isodate: z.iso.date('no date of the form YYYY-MM-DD') }),
      }),
    )
    .min(1, 'no release at all'),
});

/** A series as kernel.org has it. */
export interface UpstreamSeries {
  series: string;
  last: string;
  lastReleased: string;
  longterm: boolean;
  ended: boolean;
}

/**
 * The stable and longterm series. Release candidates and linux-next are none.
 * @throws BadInput
 */
export function parseKernelOrg(text: string, file: string): UpstreamSeries[] {
  return parseJson(text, file, Releases).releases.flatMap((r) => {
    const series = /^(\d+\.\d+)(\.\d+)?$/.exec(r.version)?.[1];
    if (!series) return [];
    return [{ series, last: r.version, lastReleased: r.released.isodate, longterm: r.moniker === 'longterm', ended: r.iseol }];
  });
}
