// The bar on top: menus of which one is open at a time, dark or light, the list of keys, and the page's name and colour.

import {mounted} from './dom.js';
import {present} from './present.js';
import {choose, chosen} from './language/chosen.js';
import {search} from './search/search.js';
import {tour} from './tour/tour.js';
import {configure} from './shell.js';

/** @param {import('./types').Mount} mount SETTINGS: {longest}, of a link in characters */
export const header = ({element, SETTINGS}) => {
  const signal = mounted(element), details = [...element.querySelectorAll('details')], bar = element.querySelector('header');
  details.forEach(one => one.addEventListener('toggle', () => {
    if (one.open) details.forEach(other => { if (other !== one) other.open = false; });
  }));
  document.addEventListener('click', event => details.forEach(one => {
    if (!one.contains(event.target)) one.open = false;
  }), {signal});
  element.addEventListener('keydown', event => {
    const open = details.find(one => one.open);
    if (event.key === 'Escape' && open) { open.open = false; open.querySelector('summary').focus(); }
  });
  element.querySelector('.atlas-dark').addEventListener('click', () => {
    window.atlas.toggle();
    if (document.querySelector('#figure .js-plotly-plot')) document.getElementById('figure-draw').click();  // in its colours
  });
  const menu = /** @type {HTMLSelectElement | null} */ (element.querySelector('.atlas-language'));
  if (menu) menu.value = [...menu.options].some(one => one.value === chosen()) ? chosen() : 'en';
  menu?.addEventListener('change', () => choose(menu.value));
  element.querySelector('.atlas-ask').addEventListener('click', () => element.querySelector('.atlas-keys').showModal());
  search(element.querySelector('.atlas-search'), signal);
  present(element.querySelector('.atlas-present'), signal);
  tour();
  document.title = bar.dataset.title;
  document.documentElement.dataset.family = document.body.dataset.family = bar.dataset.family;
  configure(/** @type {{longest: number}} */ (SETTINGS));
  window.atlas.paint();
};
