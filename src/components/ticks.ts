/** Keeps the ticks of a checklist in the browser, by list and name. Without storage or JavaScript the boxes still tick. */
export {};
const list = document.querySelector<HTMLElement>('.ticks');
const told = document.getElementById('ticked');
const clear = document.getElementById('untick');

if (list && told && clear) {
  const boxes = [...list.querySelectorAll<HTMLInputElement>('input')];
  const key = `trialboot.ticks.${list.dataset['list']}`;
  const show = (): void => {
    const done = boxes.filter((b) => b.checked).length;
    told.textContent = `${done} of ${boxes.length} ticked.`;
    clear.hidden = done === 0;
  };
  const keep = (): void => {
    try {
      localStorage.setItem(key, boxes.filter((b) => b.checked).map((b) => b.name).join(' '));
    } catch {
      // Storage may be full or forbidden: then the ticks last as long as the page.
    }
    show();
  };
  try {
    const kept = new Set((localStorage.getItem(key) ?? '').split(' '));
    for (const box of boxes) box.checked = kept.has(box.name);
  } catch {
    // as above
  }
  list.addEventListener('change', keep);
  clear.addEventListener('click', () => {
    for (const box of boxes) box.checked = false;
    keep();
  });
  show();
}
