// A prompt, and below it the words of it that the picture world does not have.

import {adopt, make} from '../dom.js';
import sheet from './prompt.css' with {type: 'css'};

const MOST = 8; // unknown words that are named

/** @param {import('../types').Mount} mount */
export const prompt = ({element, props, trigger, watch, SETTINGS}) => {
  adopt(sheet);
  const area = element.querySelector('textarea'), said = element.querySelector('.prompt-said'), known = new Set(SETTINGS.known.split(' '));

  const tell = () => {
    const words = area.value.match(/[^\s,.!?;:]+/g) || [], strange = [...new Set(words.filter(word => !known.has(word.toLowerCase())))];
    said.hidden = !strange.length;
    said.replaceChildren('Not in the picture world: ', ...strange.slice(0, MOST).flatMap(word => [make('s', '', word), ' ']), strange.length > MOST ? '\u2026' : '');
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
  draw();
};
