// Words of the field in the texts: resting on one, or coming to it by the keyboard, shows what it means. The meanings are
// on the page already, in the links to the glossary or in what came as somebody first moved: nothing is asked for then.

import {adopt, make} from '../dom.js';
import {chosen} from '../language/chosen.js';
import sheet from './terms.css' with {type: 'css'};

const PLACES = '.guide-body p, .guide-told p, .lead .look, .lead .posed > p:first-child, .page-title p, .panel-title p'; // texts that carry no links of their own
const TRANSLATED = '.lead, .page-title, .panel-title'; // what is exchanged whole, and must stay whole
const ROOM = 8; // CSS pixels between a word and its meaning
const meanings = new Map(); // word -> {stem, means}
let pattern = /** @type {RegExp | null} */ (null), tip = /** @type {any} */ (null), word = /** @type {HTMLElement | null} */ (null);

// ---- showing ------------------------------------------------------------------------------------------------------
const hide = () => {
  if (!word) return;
  word.removeAttribute('aria-describedby');
  tip.hidden = true;
  word = null;
};

const show = one => {
  if (one === word) return;
  hide();
  if (one.title) { one.dataset.means = one.title; one.removeAttribute('title'); } // the browser's own would come later, over this one
  if (!one.dataset.means) return;
  if (!tip) {
    tip = make('div', 'term-tip');
    Object.assign(tip, {id: 'term-tip', hidden: true});
    tip.setAttribute('role', 'tooltip');
    document.body.append(tip);
  }
  word = one;
  tip.textContent = one.dataset.means; // exchanged at once where the page is read in another language
  tip.hidden = false;
  one.setAttribute('aria-describedby', tip.id);
  queueMicrotask(place);
};

const place = () => { // over its word, or below it where there is no room
  if (!word) return;
  const box = word.getClientRects()[0] ?? word.getBoundingClientRect(), {offsetWidth: wide, offsetHeight: high} = tip;
  const over = box.top - ROOM - high;
  tip.style.left = `${Math.max(ROOM, Math.min(box.left, innerWidth - wide - ROOM))}px`;
  tip.style.top = `${over >= ROOM ? over : box.bottom + ROOM}px`;
};

// ---- finding ------------------------------------------------------------------------------------------------------
const key = text => { // as pages/words.py does: small letters and no plural, but for what has capitals within
  const small = /\p{Lu}/u.test(text.slice(1)) ? text : text.toLowerCase();
  return small.replace(/s$/, '');
};

const link = (text, {stem, means}) => {
  const one = make('a', 'term', text);
  one.href = `./glossary#${stem}`;
  one.dataset.means = means;
  return one;
};

const mark = place => { // the first place of each word of a text
  const done = new Set(), walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT), nodes = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest('a, b, code')) nodes.push(/** @type {Text} */ (walker.currentNode));
  for (const node of nodes) {
    const parts = [];
    let from = 0;
    for (const found of node.data.matchAll(pattern)) {
      const one = meanings.get(key(found[0]));
      if (!one || done.has(one.stem)) continue;
      done.add(one.stem);
      parts.push(node.data.slice(from, found.index), link(found[0], one));
      from = found.index + found[0].length;
    }
    if (parts.length) node.replaceWith(...parts, node.data.slice(from));
  }
  place.dataset.terms = 'marked';
};

const look = () => {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(PLACES))) {
    if (!place.dataset.terms && place.textContent && (chosen() === 'en' || !place.closest(TRANSLATED))) mark(place);
  }
};

/** Listens for as long as the page is there, and fetches the words of its texts as its visitor first stirs. */
export const terms = () => {
  adopt(sheet);
  const at = event => /** @type {any} */ (event.target).closest?.('a[href*="glossary#"]');
  document.addEventListener('pointerover', event => { const one = at(event); if (one) show(one); else if (word !== document.activeElement) hide(); });
  document.addEventListener('focusin', event => { const one = at(event); if (one) show(one); else hide(); });
  document.addEventListener('keydown', event => { // before anything else that Escape closes
    if (event.key === 'Escape' && word) { hide(); event.stopPropagation(); }
  }, {capture: true});
  document.addEventListener('scroll', place, {capture: true, passive: true});
  let begun = false;
  const begin = async () => {
    if (begun) return;
    begun = true;
    try {
      const address = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name=atlas-terms]')).content;
      const {pattern: any, words} = await (await fetch(address)).json();
      for (const [stem, [means, ...names]] of Object.entries(words)) names.forEach(name => meanings.set(name, {stem, means}));
      pattern = new RegExp(any, 'gu');
    } catch { return; } // the glossary has them all the same
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
    look();
  };
  for (const name of ['pointermove', 'pointerdown', 'keydown']) document.addEventListener(name, begin, {once: true, passive: true});
};
