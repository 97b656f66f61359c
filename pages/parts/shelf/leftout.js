// What the next ask does without. A click on a passage in the film leaves it out and asks again; a click here puts it back.

import {benchOf} from '../bench.js';
import {adopt, make, makeButton, mounted} from '../dom.js';
import sheet from './shelf.css' with {type: 'css'};

/** @param {import('../types').Mount} mount SETTINGS: {bench, ranks: see shelf.py} */
export const leftout = ({element, props, trigger, watch, SETTINGS}) => {
  adopt(sheet);
  const signal = mounted(element), bench = benchOf(SETTINGS.bench, signal);
  const root = element.querySelector('.leftout'), list = root.querySelector('.leftout-list'), hint = root.querySelector('.leftout-hint');
  const numbers = () => String(props.value || '').split(',').map(one => parseInt(one, 10)).filter(Number.isInteger);
  const titles = new Map(); // number -> the title of its document
  let shown = null;

  const ask = wanted => { // again, without these
    if (bench.running() || (SETTINGS.ranks && !wanted.length)) return;
    props.value = wanted.join(', ');
    trigger('input', {});
    draw();
    bench.generate();
  };

  const draw = () => {
    const groups = new Map();
    for (const number of numbers()) {
      const title = `${SETTINGS.ranks ? `${number} ` : ''}${titles.get(number) || (SETTINGS.ranks ? '' : `chunk ${number}`)}`.trim();
      groups.set(title, [...(groups.get(title) || []), number]);
    }
    list.replaceChildren(...(groups.size ? [make('span', 'leftout-name', SETTINGS.ranks ? 'Knocked out' : 'Asked without')] : []));
    hint.hidden = groups.size > 0 && !SETTINGS.ranks;
    for (const [title, gone] of groups) {
      const made = makeButton('leftout-one', '', () => ask(numbers().filter(one => !gone.includes(one))));
      made.title = `Put \u201c${title}\u201d back`;
      made.setAttribute('aria-label', made.title);
      made.append(make('s', '', title), make('i', '', '\u00d7'));
      made.disabled = SETTINGS.ranks && groups.size === 1;
      list.append(made);
    }
  };

  const columns = frame => Object.values(frame?.lanes || {}).find(lane => lane.kind === 'stages')?.stages;
  const follow = ({detail}) => {
    shown = detail;
    if (SETTINGS.ranks) {
      titles.clear();
      const items = detail.frames.map(columns).find(Boolean)?.[0]?.items || [];
      items.forEach((item, place) => titles.set(place + 1, item.text));
    }
    for (const frame of detail.frames) for (const one of frame?.carried?.out || []) for (const chunk of one.chunks) titles.set(chunk, one.title);
    draw();
  };

  const pick = ({detail}) => {
    if (shown?.frames[detail.frame]?.lanes[detail.lane]?.kind !== 'stages' || detail.id === null) return;
    const had = numbers();
    if (SETTINGS.ranks) {
      const rank = detail.item + 1;
      if (detail.stage !== 0 || rank > (shown.recipe?.options?.k ?? 0)) return;
      ask((had.includes(rank) ? had.filter(one => one !== rank) : [...had, rank]).sort((a, b) => a - b));
      return;
    }
    const range = shown.frames.map(frame => frame?.carried?.passages?.[detail.id]).find(Boolean);
    if (!range) return;
    const chunks = Array.from({length: range[1] - range[0] + 1}, (_, k) => range[0] + k);
    chunks.forEach(chunk => titles.set(chunk, detail.text));
    ask([...new Set([...had, ...chunks])]);
  };

  document.addEventListener('shelf-chosen', event => { // other documents: other numbers
    if (SETTINGS.ranks || event.detail.bench !== SETTINGS.bench || !event.detail.visitor || !props.value) return;
    props.value = '';
    trigger('input', {});
    draw();
  }, {signal});
  watch('value', draw);
  bench.follow({shown: follow, picked: pick});
  draw();
};
