/** What of a page the search reads. Pure. */

/**
 * A page as Pagefind shall read it, or undefined when its main part does not ask to be found. Hits lead to the nearest heading with an
 * anchor; a step's anchor is that of its article, so it is moved to the step's heading here. Commands count less than words.
 */
export function indexed(html: string): string | undefined {
  if (!/<main\b[^>]* data-pagefind-body/.test(html)) return undefined;
  return html.replace(/<article class="step" id="([^"]+)"(.*?)<h([2-6])(?! id=)/gs, '<article class="step"$2<h$3 id="$1"').replaceAll('<pre', '<pre data-pagefind-weight="0.3"');
}
