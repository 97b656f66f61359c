// Search over pages, benches, questions and the glossary: `/` or the button opens it. What can be found is fetched once.

import {adopt, make, makeButton, typing} from '../dom.js';
import sheet from './search.css' with {type: 'css'};

const MOST = 12, LONGEST = 80; // results; characters of what is asked
const KINDS = {page: 4, bench: 2, question: 0, word: 1}; // what comes first where two fit equally
const plain = text => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
const parts = text => plain(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);

/** Whether two words differ by one letter: missing, added, changed or exchanged with its neighbour.
 * @param {string} a @param {string} b */
const near = (a, b) => {
  if (Math.abs(a.length - b.length) > 1 || a.length < 4) return false;
  let k = 0;
  while (k < a.length && a[k] === b[k]) k++;
  const [x, y] = [a.slice(k), b.slice(k)];
  return [[x.slice(1), y], [x, y.slice(1)], [x.slice(1), y.slice(1)], [x[1] + x[0] + x.slice(2), y]].some(([p, q]) => p === q);
};

const scoreOf = (entry, asked) => { // of all words together; 0 where one of them is nowhere
  let sum = 0;
  for (const word of asked) {
    const best = entry.title.some(one => one === word) ? 30 : entry.title.some(one => one.startsWith(word)) ? 20
      : entry.whole.includes(word) && word.length > 2 ? 12 : entry.also.some(one => one.startsWith(word)) ? 10
        : entry.text.some(one => one.startsWith(word)) ? 4 : entry.title.some(one => near(word, one)) ? 3 : 0;
    if (!best) return 0;
    sum += best;
  }
  return sum / asked.length + KINDS[entry.kind] - entry.title.length / 4;
};

const found = (index, text) => {
  const asked = parts(text.slice(0, LONGEST));
  if (!asked.length) return text.trim() ? [] : index.filter(one => one.kind === 'page');
  return index.map(one => [scoreOf(one, asked), one]).filter(([score]) => score > 0)
    .sort((a, b) => b[0] - a[0]).slice(0, MOST).map(([, one]) => one);
};

let known = null; // the index, once it is here
const fetched = async () => {
  known ??= (await (await fetch('./search.json')).json()).map(one => (
    {...one, shown: one, title: parts(one.title), whole: plain(one.title), text: parts(one.text), also: parts(one.also)}));
  return known;
};

const build = () => {
  adopt(sheet);
  const dialog = make('dialog', 'atlas-find'), box = make('input'), list = make('ul'), said = make('p', 'said');
  dialog.setAttribute('aria-label', 'Search');
  Object.assign(box, {type: 'text', placeholder: 'Search pages, benches, questions, words', autocomplete: 'off', spellcheck: false});
  for (const [name, value] of Object.entries({role: 'combobox', 'aria-label': 'Search', 'aria-expanded': 'true', 'aria-controls': 'atlas-found', 'aria-autocomplete': 'list'})) box.setAttribute(name, value);
  Object.assign(list, {id: 'atlas-found'});
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Results');
  said.setAttribute('role', 'status');
  const row = make('div', 'row');
  row.append(box, makeButton('close', 'Close', () => dialog.close()));
  dialog.append(row, list, said);
  document.body.append(dialog);
  let at = 0, shown = [];

  const mark = place => {
    at = Math.max(0, Math.min(shown.length - 1, place));
    [...list.children].forEach((one, k) => one.firstChild.setAttribute('aria-selected', String(k === at)));
    if (shown.length) box.setAttribute('aria-activedescendant', `atlas-found-${at}`); else box.removeAttribute('aria-activedescendant');
    list.children[at]?.scrollIntoView({block: 'nearest'});
  };
  const option = ({kind, shown: {title, text, href}}, k) => {
    const one = make('li'), link = Object.assign(make('a'), {href, tabIndex: -1});
    link.id = `atlas-found-${k}`;
    link.setAttribute('role', 'option');
    one.setAttribute('role', 'presentation');
    link.append(make('b', '', title), make('em', '', kind), make('span', '', text));
    one.append(link);
    one.addEventListener('pointermove', () => { if (at !== k) mark(k); });
    link.addEventListener('click', event => { if (!event.ctrlKey && !event.metaKey) dialog.close(); });
    return one;
  };
  const show = async () => {
    try { shown = found(await fetched(), box.value); } catch { shown = []; said.textContent = 'The index could not be fetched; try again.'; return; }
    list.replaceChildren(...shown.map(option));
    list.hidden = !shown.length;
    said.textContent = !box.value.trim() ? 'Type a word, or choose a page.'
      : shown.length === 1 ? '1 result' : shown.length ? `${shown.length}${shown.length === MOST ? ' best' : ''} results` : 'Nothing here has that. Try a shorter word, or one in English.';
    mark(0);
  };
  box.addEventListener('input', show);
  dialog.addEventListener('keydown', event => {
    const moves = {ArrowDown: at + 1, ArrowUp: at - 1};
    if (event.key in moves) { event.preventDefault(); mark(moves[event.key]); }
    if (event.key === 'Enter' && event.target === box && shown.length) { event.preventDefault(); list.children[at].firstChild.click(); }
    event.stopPropagation(); // none of the page's keys
  });
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
  return () => { dialog.showModal(); box.select(); show(); };
};

/** The button in the header, and the key. @param {HTMLElement} button @param {AbortSignal} signal */
export const search = (button, signal) => {
  let opens = null;
  const begin = () => { opens ??= build(); opens(); };
  button.addEventListener('click', begin);
  document.addEventListener('keydown', event => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') || typing(event.target)) return;
    event.preventDefault();
    begin();
  }, {signal});
};
