/** The dialog that saves a solve as a picture, an animation or data. */

import { buttonOf, dom } from './dom.js';
import { animation, data, still, strip } from './film.js';
import type { Thinking } from './thinking.js';

interface Form {
  title: string;
  about: string;
  end: string;
  make(thinking: Thinking): Blob | Promise<Blob>;
}

const FORMS: readonly Form[] = [
  { title: 'The board', about: 'as it is shown, a PNG picture', end: 'board.png', make: still },
  { title: 'The segments side by side', about: 'a PNG picture', end: 'segments.png', make: strip },
  { title: 'The thinking, animated', about: 'a GIF', end: 'thinking.gif', make: animation },
  { title: 'The segments as data', about: "JSON, in the command's words", end: 'thinking.json', make: data },
];

/** Opens the dialog; `saved` gets what went wrong, if anything, once a form was chosen. */
export function show(thinking: Thinking, saved: (wrong: unknown) => void): void {
  const buttons = FORMS.map((form) => {
    const button = buttonOf(form.title, {});
    button.append(Object.assign(document.createElement('small'), { textContent: form.about }));
    button.addEventListener('click', () => {
      dom.saveDialog.close();
      void hand(thinking, form).then(() => saved(undefined), saved);
    });
    return button;
  });
  dom.saves.replaceChildren(...buttons);
  dom.saveDialog.showModal();
}

async function hand(thinking: Thinking, { end, make }: Form): Promise<void> {
  // The browser closes the dialog before it is kept busy.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const blob = await make(thinking);
  const file = new File([blob], `hrm-${thinking.task.name}-${end}`, { type: blob.type });
  // Telephones have a sheet for that.
  if (matchMedia('(pointer: coarse)').matches && navigator.canShare?.({ files: [file] })) {
    return navigator.share({ files: [file] }).catch((error: unknown) => {
      if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
    });
  }
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
