// What a teacher does with a set of questions: its address is the link, the printed page is the handout.

import {copiedText, mounted} from '../dom.js';

/** @param {import('../types').Mount} mount */
export const handout = ({element}) => {
  const signal = mounted(element), copy = element.querySelector('[data-do=copy]'), before = copy.textContent;
  copy.addEventListener('click', async () => {
    copy.textContent = await copiedText(location.href) ? 'Link copied' : 'Copy it from the address';
    setTimeout(() => { copy.textContent = before; }, 2500);
  }, {signal});
  element.querySelector('[data-do=print]').addEventListener('click', () => print(), {signal});
};
