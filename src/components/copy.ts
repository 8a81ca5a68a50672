/** The copy buttons. Without JavaScript they stay hidden, and the text is selected by hand as ever. */
const said = document.getElementById('said');

function say(button: HTMLButtonElement, word: string, sentence: string): void {
  button.textContent = word;
  if (said) said.textContent = sentence;
  setTimeout(() => {
    button.textContent = 'Copy';
    if (said) said.textContent = '';
  }, 4000);
}

async function copy(button: HTMLButtonElement): Promise<void> {
  try {
    // Missing over plain HTTP on a LAN, refused by some settings: both end in the catch.
    await navigator.clipboard.writeText(button.dataset['copy'] ?? '');
    say(button, 'Copied', 'Commands copied to the clipboard.');
  } catch {
    const code = button.closest('figure')?.querySelector('code');
    if (code) getSelection()?.selectAllChildren(code);
    say(button, 'Selected', 'This browser does not let the page copy. The commands are selected: press Ctrl+C.');
  }
}

for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', () => void copy(button));
}
