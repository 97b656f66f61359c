// Which step a frame is, and finding the newest frame that has something.

import {readable} from './draw.js';

/** @param {import('../types').Strip} s the strip's state, see strip.js */
export const stepsOf = s => {
  const search = (index, get) => { // the newest of the frames up to `index` for which get(frame) is something
    for (let k = index; k >= 0; k--) {
      const found = s.film.frames[k] && get(s.film.frames[k]);
      if (found) return [found, k];
    }
    return [null, -1];
  };

  // Frames may be every tenth step: a packed frame says its step (`index`, from 0) and how many there are (`total`).
  const labelOf = step => step + (s.film.frames.some(frame => frame?.total && frame.index >= frame.total) ? 0 : 1);
  const stepOf = k => { const frame = s.film.frames[k]; return labelOf(Number.isInteger(frame?.index) ? frame.index : k); };
  const totalOf = () => {
    const last = s.film.frames.length - 1;
    const said = s.film.frames[last]?.total ?? s.film.total;
    return said > 0 && (!s.film.done || said >= stepOf(last)) ? said : Math.max(stepOf(last), s.film.frames.length);
  };
  const words = k => `step ${readable(stepOf(k))}`;

  return {search, labelOf, stepOf, totalOf, words};
};
