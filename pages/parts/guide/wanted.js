// The guide is a script of its own (begin.js), fetched once a lesson is asked for: by the address, or by a link.

import {late} from '../late.js';

const META = 'meta[name=atlas-guide]'; // says where it lies

/** Fetches the guide as soon as a lesson is wanted, or controls are to be locked. */
export const wanted = () => {
  let asked = false;
  const bring = (lesson = '') => {
    asked = true;
    late(/** @type {HTMLMetaElement} */ (document.querySelector(META)).content)
      .then(({guide}) => guide(lesson), () => { asked = false; }); // the next click tries again
  };
  document.addEventListener('click', event => {
    const link = /** @type {any} */ (event.target).closest?.('a[data-lesson]');
    if (asked || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    bring(link.dataset.lesson);
  });
  const query = new URLSearchParams(location.search);
  if (query.has('lesson') || query.has('lock') || location.hash.startsWith('#lesson=')) bring();
};
