/** Where a step stands on the site: probes on a page of their own, all others on the runbook page of a distribution. */
export const stepHref = (distro: string, id: string): string => (id.startsWith('probe.') ? `/probes/#${id}` : `/upgrade/${distro}/#${id}`);
