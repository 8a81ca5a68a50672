/** Runs in the browser, on "Whose kernel is this?": reads the field, writes the answer. Nothing leaves the page. */
import { type KnownDistro, type SeriesEnds, whoseKernel } from '../facts/whose-kernel.ts';

const form = document.querySelector<HTMLFormElement>('#whose');
const input = document.querySelector<HTMLInputElement>('#release');
const answer = document.querySelector('#answer');
const { known: data, ends } = form?.dataset ?? {};

const element = (name: string, content: string | Node): HTMLElement => {
  const made = document.createElement(name);
  made.append(content);
  return made;
};

if (form && input && answer && data && ends) {
  const known = JSON.parse(data) as KnownDistro[];
  const ofSeries = JSON.parse(ends) as SeriesEnds;
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const found = whoseKernel(input.value, known, ofSeries);
    if (!found) {
      answer.replaceChildren(element('p', 'There is no kernel\'s name in this. It begins with a version, such as 6.12.118+deb13-amd64.'));
      return;
    }
    const link = document.createElement('a');
    link.href = found.tracker.url;
    link.textContent = found.tracker.name;
    const list = document.createElement('dl');
    for (const [what, value] of [
      ['Whose', found.distributor], ['Based on', found.base], ['Maintained by', found.maintainedBy], ['Maintained until', found.until], ['Comes after it', found.successor], ['CVEs', link],
    ] as const) {
      list.append(element('dt', what), element('dd', value));
    }
    answer.replaceChildren(list, ...found.notes.map((note) => element('p', note)));
  });
}
