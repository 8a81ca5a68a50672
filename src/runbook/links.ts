/** Are there links of a built site that lead nowhere? */

const attributes = (html: string, name: string): string[] =>
  [...html.matchAll(new RegExp(`<[a-zA-Z][^<>]*?\\s${name}="([^"]*)"`, 'g'))].map((m) => m[1]!.replaceAll('&amp;', '&'));

/**
 * Checks every href and src of every page. Returns one sentence for each that leads nowhere, and for each id that stands
 * twice on a page. Links to other sites are not followed.
 * @param pages path of a page from the site's root → its HTML
 * @param files paths of all files and folders of the site, from its root
 */
export function linkProblems(pages: { [path: string]: string }, files: string[]): string[] {
  const exists = new Set(files);
  const ids = new Map(Object.entries(pages).map(([path, html]) => [path, attributes(html, 'id')]));
  const problems: string[] = [];
  for (const [path, html] of Object.entries(pages)) {
    const own = ids.get(path)!;
    for (const id of new Set(own.filter((x, i) => own.indexOf(x) !== i))) problems.push(`${path}: the id ${id} stands twice`);
    for (const link of new Set([...attributes(html, 'href'), ...attributes(html, 'src')])) {
      if (/^[a-z][a-z0-9+.-]*:/i.test(link) || link.startsWith('//')) continue;
      const url = new URL(link, `http://site/${path.replace(/index\.html$/, '')}`);
      const wanted = decodeURIComponent(url.pathname).slice(1);
      const target = wanted === '' || wanted.endsWith('/') ? `${wanted}index.html` : wanted;
      if (!exists.has(target)) {
        problems.push(`${path}: ${link} does not exist`);
      } else if (exists.has(`${target}/index.html`)) {
        problems.push(`${path}: ${link} does not exist; write ${link}/`);
      } else if (link.includes('#')) {
        const id = decodeURIComponent(url.hash.slice(1));
        const there = ids.get(target) ?? [];
        if (!there.includes(id)) {
          problems.push(`${path}: ${link}: no element of ${target} has the id ${id || '(empty)'}; it has ${there.slice(0, 40).join(', ') || 'none'}`);
        }
      }
    }
  }
  return problems;
}
