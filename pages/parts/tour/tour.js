// The bar of the tour, on a page whose address says which stop it is.

import {adopt, make} from '../dom.js';
import sheet from './tour.css' with {type: 'css'};

const link = (text, href, className = '') => Object.assign(make('a', className, text), {href});

/** Shows the bar where the address has `tour=N`. */
export const tour = async () => {
  const number = Number(new URLSearchParams(location.search).get('tour'));
  if (!Number.isInteger(number) || number < 1 || document.querySelector('.tour')) return;
  let stops = [];
  try { stops = await (await fetch('./tour.json')).json(); } catch { return; } // the page itself is whole without it
  const stop = stops[number - 1];
  if (!stop) return;
  adopt(sheet);
  const bar = make('aside', 'tour'), words = make('p'), steps = make('nav');
  bar.setAttribute('aria-label', 'Tour');
  steps.setAttribute('aria-label', 'Stops');
  words.append(make('b', '', `${number} of ${stops.length}`), ` ${stop.said}`);
  const before = stops[number - 2], after = stops[number];
  if (before) steps.append(link('Back', before.href));
  steps.append(link('End', after ? './' : './#map', 'quiet-link'));
  steps.append(after ? link(`Next: ${after.title}`, after.href, 'next') : link('See the map', './#map', 'next'));
  if (!after) steps.querySelector('.quiet-link').remove();
  bar.append(words, steps);
  document.body.prepend(bar);
};
