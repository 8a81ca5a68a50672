/** Runs in the browser, on the search page: asks Pagefind's engine, which is loaded with the first question, and writes what it finds. */

/** A place on a page. */
interface Place {
  title: string;
  url: string;
  /** HTML in which only `mark` is an element. */
  excerpt: string;
  /** The words that were found there, and how much each counts. */
  weighted_locations: { balanced_score: number }[];
}
interface FoundPage extends Omit<Place, 'title'> {
  meta: { title?: string };
  sub_results: Place[];
}
interface Engine {
  search(words: string, options: { filters: { of?: { any: string[] } } }): Promise<{ results: { data(): Promise<FoundPage> }[] }>;
}

/** Pages that are shown at once; each is a request. */
const SHOWN = 10;
/** Places of a page that are shown. */
const PLACES = 3;
/** Milliseconds without a key after which it is searched. */
const PAUSE = 250;

const form = document.querySelector<HTMLFormElement>('#search');
const input = document.querySelector<HTMLInputElement>('#words');
const choice = document.querySelector<HTMLSelectElement>('#of');
const count = document.querySelector('#count');
const list = document.querySelector('#found');

// In a variable, so that the bundler leaves it alone: the engine is written after it.
const ENGINE = '/pagefind/pagefind.js';
let engine: Promise<Engine> | undefined;
const load = (): Promise<Engine> => (engine ??= import(/* @vite-ignore */ ENGINE) as Promise<Engine>);

/** An excerpt as text and marks. The HTML comes from our own pages; it is read as text all the same. */
function excerpt(html: string): HTMLElement {
  const p = document.createElement('p');
  for (const node of new DOMParser().parseFromString(html, 'text/html').body.childNodes) {
    const text = node.textContent ?? '';
    if (node.nodeName !== 'MARK') {
      p.append(text);
      continue;
    }
    const mark = document.createElement('mark');
    mark.textContent = text;
    p.append(mark);
  }
  return p;
}

function link({ title, url }: Pick<Place, 'title' | 'url'>): HTMLElement {
  const a = document.createElement('a');
  a.href = url;
  a.textContent = title;
  return a;
}

const score = (place: Place): number => place.weighted_locations.reduce((sum, l) => sum + l.balanced_score, 0);

function item(page: FoundPage): HTMLElement {
  const li = document.createElement('li');
  const heading = document.createElement('h2');
  heading.append(link({ title: page.meta.title ?? page.url, url: page.url }));
  li.append(heading);
  // The first place is often the page itself, which stands above.
  const places = page.sub_results.filter((p) => p.url !== page.url).sort((a, b) => score(b) - score(a)).slice(0, PLACES);
  if (places.length === 0) li.append(excerpt(page.excerpt));
  for (const place of places) {
    const p = excerpt(place.excerpt);
    p.prepend(link(place), ' ');
    li.append(p);
  }
  return li;
}

/** Number of the last question: an answer to an older one is thrown away. */
let asked = 0;

/** @param of id of the distribution whose runbook is searched, beside what is for all; empty: all runbooks */
async function ask(words: string, of: string): Promise<void> {
  const mine = ++asked;
  const say = (text: string, items: HTMLElement[] = []): void => {
    if (mine !== asked) return;
    list!.setAttribute('aria-busy', 'false');
    count!.textContent = text;
    list!.replaceChildren(...items);
  };
  if (words === '') return say('');
  list!.setAttribute('aria-busy', 'true');
  try {
    const { results } = await (await load()).search(words, { filters: of === '' ? {} : { of: { any: [of, 'all'] } } });
    const pages = await Promise.all(results.slice(0, SHOWN).map((r) => r.data()));
    const more = results.length > SHOWN ? `; the best ${SHOWN} are shown. More words find fewer.` : '.';
    say(results.length === 0 ? `Nothing is found for ${words}. Try fewer words, or a part of one.` : `${results.length === 1 ? '1 page' : `${results.length} pages`}${more}`, pages.map(item));
  } catch {
    engine = undefined;
    say('The index could not be loaded. Try again; the pages themselves do not need it.');
  }
}

if (form && input && choice && count && list) {
  form.hidden = false;
  const go = (): void => {
    const words = input.value.trim();
    const of = choice.value;
    const query = new URLSearchParams({ ...(words === '' ? {} : { q: words }), ...(of === '' ? {} : { of }) }).toString();
    // The address can be passed on; going back leads to the page before, not through every letter.
    history.replaceState(undefined, '', query === '' ? location.pathname : `?${query}`);
    void ask(words, of);
  };
  let timer = 0;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(go, PAUSE);
  });
  choice.addEventListener('change', go);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(timer);
    go();
  });
  const query = new URLSearchParams(location.search);
  input.value = query.get('q') ?? '';
  choice.value = query.get('of') ?? '';
  // An id that is not in the list leaves nothing chosen.
  if (choice.selectedIndex < 0) choice.value = '';
  if (input.value !== '') go();
}
