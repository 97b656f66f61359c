// A prompt, and below it the words of it that the model on the bench never saw.

import {adopt, ended, make, mounted, when} from '../dom.js';
import sheet from './prompt.css' with {type: 'css'};

const MOST = 8; // unknown words that are named
const BEFORE = {world: 'Not in the picture world: ', emoji: 'Not among the words of emoji: '};

/** @param {import('../types').Mount} mount */
export const prompt = ({element, props, trigger, watch, SETTINGS}) => {
  adopt(sheet);
  const area = element.querySelector('textarea'), said = element.querySelector('.prompt-said');
  const signal = mounted(element), first = Object.keys(SETTINGS.known)[0];
  const chip = () => element.closest('.bench')?.querySelector('.panel-chip'); // says which model is chosen
  const lists = new Map(Object.entries(SETTINGS.known).map(([model, [list, words]]) => [model, {list, words: words && new Set(words.split(' '))}]));

  const tell = () => {
    const model = chip()?.querySelector('.chip')?.dataset.model ?? first, {list, words} = lists.get(model) ?? {};
    const strange = words ? [...new Set((area.value.match(/[^\s,.!?;:]+/g) || []).filter(word => !words.has(word.toLowerCase())))] : [];
    said.hidden = !strange.length;
    said.replaceChildren(BEFORE[list] ?? '', ...strange.slice(0, MOST).flatMap(word => [make('s', '', word), ' ']), strange.length > MOST ? '\u2026' : '');
  };

  const draw = () => {
    const text = String(props.value ?? '');
    if (area.value !== text) area.value = text;
    tell();
  };

  area.addEventListener('input', () => {
    props.value = area.value;
    trigger('input', {});
    tell();
  });
  watch('value', draw);
  when(chip, {signal}).then(found => {
    if (!found) return;
    const watcher = new MutationObserver(tell);
    watcher.observe(found, {childList: true, subtree: true});
    ended(signal, () => watcher.disconnect());
    tell();
  });
  draw();
};
