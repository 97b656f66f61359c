// A teacher's own lesson, from a file: read by the server, kept in this tab, shown as a sheet, handed on as a link.

import {copiedText, make, makeButton} from '../dom.js';
import {carrying, ownText, readLesson, OWN} from '../guide/read.js';

/** @param {import('../types').Mount} mount */
export const ownlesson = ({element}) => {
  const file = element.querySelector('input'), said = element.querySelector('[role=status]'), place = element.querySelector('.own-sheet');
  file.addEventListener('change', async () => {
    place.replaceChildren();
    const one = file.files?.[0];
    if (!one) return;
    const text = await one.slice(0, 1_000_000).text(), lesson = await readLesson(text);
    file.value = ''; // so that the same file can be opened again once it is mended
    said.textContent = lesson.error || (lesson.steps.length === 1 ? `${lesson.title}: one step.` : `${lesson.title}: ${lesson.steps.length} steps.`);
    if (lesson.error) return;
    ownText(text);
    const row = make('p', 'set-do'), copy = makeButton('button quiet-button', 'Copy link', async () => {
      copy.textContent = await copiedText(carrying(lesson.page, text)) ? 'Link copied' : 'It could not be copied';
    });
    row.append(Object.assign(make('a', 'begin', 'Begin'), {href: `./${lesson.page}?lesson=${OWN}&part=1`}), copy, makeButton('button quiet-button', 'Print', () => print()));
    place.innerHTML = lesson.sheet; // made by the server, which has escaped what the file says
    place.prepend(row);
  });
};
