// A text whose words are hidden by a click. What stood in a gap is kept here, in the order of the gaps.

import {benchOf} from '../bench.js';
import {adopt, makeButton, mounted} from '../dom.js';
import sheet from './gaps.css' with {type: 'css'};

const MOST = 200; // words that can be clicked

/** @param {import('../types').Mount} mount */
export const gaps = ({element, props, trigger, watch, SETTINGS}) => {
  adopt(sheet);
  const signal = mounted(element), bench = benchOf(SETTINGS.bench, signal), {mask, runs} = SETTINGS;
  const root = element.querySelector('.gaps'), row = root.querySelector('.gaps-words'), area = root.querySelector('textarea');
  let kept = []; // what stood in each gap, "" where it is not known

  const text = () => String(props.value ?? '');
  const parts = () => { // [{start, end, word, gap}], gap: its number, -1 for a word
    const found = [];
    let gap = 0;
    for (const match of text().matchAll(/\[MASK\]|[\p{L}\p{N}]+(?:['\u2019-][\p{L}\p{N}]+)*|[^\s\p{L}\p{N}]/gu)) {
      found.push({start: match.index, end: match.index + match[0].length, word: match[0], gap: match[0] === mask ? gap++ : -1});
    }
    return found;
  };

  const put = (now, run) => {
    props.value = now;
    trigger('input', {});
    draw();
    if (run && !bench.running()) bench.generate();
  };
  const replaced = ({start, end}, word) => text().slice(0, start) + word + text().slice(end);

  const turn = part => { // a word becomes a gap, a gap the word that stood there
    if (part.gap >= 0) {
      const [word] = kept.splice(part.gap, 1);
      put(replaced(part, word || '').replace(/ {2,}/g, ' '), runs && text().split(mask).length > 2);
      return;
    }
    const before = text().slice(0, part.start).split(mask).length - 1;
    kept.splice(before, 0, part.word);
    put(replaced(part, mask), runs);
  };

  const draw = () => {
    if (area.value !== text()) area.value = text();
    const at = [...row.children].indexOf(document.activeElement);
    row.replaceChildren(...parts().slice(0, MOST).map(part => {
      const gap = part.gap >= 0, button = makeButton('', gap ? '\u2007' : part.word, () => turn(part));
      button.setAttribute('aria-pressed', gap);
      button.setAttribute('aria-label', gap ? `a gap${kept[part.gap] ? `, where \u201c${kept[part.gap]}\u201d stood` : ''}` : `hide \u201c${part.word}\u201d`);
      return button;
    }));
    if (at >= 0) /** @type {any} */ (row.children[Math.min(at, row.children.length - 1)])?.focus();
  };

  const picked = ({detail}) => { // a word of the list for a gap is put into it
    const part = parts().filter(one => one.gap >= 0)[detail.stage ?? -1];
    if (!part) return;
    kept.splice(part.gap, 1);
    const joined = detail.text.startsWith('##'), now = replaced(part, detail.text.replace(/^##/, ''));
    put(joined ? now.slice(0, part.start).trimEnd() + now.slice(part.start) : now, runs && text().split(mask).length > 2);
  };

  area.addEventListener('input', () => { kept = []; props.value = area.value; trigger('input', {}); draw(); });
  watch('value', () => { if (area.value !== text()) { kept = []; draw(); } });
  draw();
  bench.follow({picked});
};
