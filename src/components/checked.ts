/** Marks old facts with the reader's date: a page may have been built, or saved, long ago. Only ever adds marks. */
import { dayOf, FACT_CLASSES, type FactClass, isOld } from '../model/freshness.ts';

const today = dayOf(new Date());
for (const mark of document.querySelectorAll<HTMLElement>('.checked[data-day]')) {
  const { day = '', of = '' } = mark.dataset;
  const words = mark.querySelector<HTMLElement>('.old');
  if (words && of in FACT_CLASSES && isOld(day, of as FactClass, today)) words.hidden = false;
}
