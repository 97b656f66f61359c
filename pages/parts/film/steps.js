// Which step a frame is, and finding the newest frame that has something.

import {readable} from './draw.js';

const STEPS = /(^|_)steps$/; // options that say how many there are

/** @param {import('../types').Strip} s the strip's state, see strip.js */
export const stepsOf = s => {
  const search = (index, get) => { // the newest of the frames up to `index` for which get(frame) is something
    for (let k = index; k >= 0; k--) {
      const found = s.film.frames[k] && get(s.film.frames[k]);
      if (found) return [found, k];
    }
    return [null, -1];
  };

  const asked = () => Object.entries(s.film.recipe?.options || {}).filter(([name, value]) => STEPS.test(name) && Number.isInteger(value));
  const told = k => { // the run's own count, where it has one: frames may be every tenth of its steps
    const value = s.film.frames[k]?.numbers?.find(entry => entry.name === 'step')?.value;
    return Number.isInteger(value) ? value : null;
  };

  // A frame says its place (`index`, from 0) and how many there are (`total`). The first is step 0 where it shows what there
  // was before the first step: then there is one frame more than steps.
  const before = () => s.film.frames.some(frame => frame?.total && frame.index >= frame.total)
    || asked().some(([, value]) => value + 1 === (s.film.frames.at(-1)?.total ?? 0));
  const labelOf = step => step + (before() ? 0 : 1);
  const placeOf = k => { const frame = s.film.frames[k]; return labelOf(Number.isInteger(frame?.index) ? frame.index : k); };
  const stepOf = k => told(k) ?? placeOf(k);

  const phase = k => { // a run that trains and then samples counts twice: the frames among which its count only grows
    let [first, last] = [k, k];
    while (first > 0 && told(first - 1) !== null && told(first - 1) <= told(first)) first -= 1;
    while (told(last + 1) !== null && told(last + 1) >= told(last)) last += 1;
    return [first, last];
  };
  const steady = () => s.film.frames.length > 0 && told(0) !== null && phase(0)[1] === s.film.frames.length - 1;

  const totalOf = (k = s.pos) => { // null where it is not known yet
    const end = s.film.frames.length - 1;
    if (told(k) !== null) {
      const [first, last] = phase(k), options = s.film.recipe?.options || {}, most = told(last);
      const named = [options.train_steps, options.steps], wanted = first ? named.reverse() : named;
      return wanted.find(value => value >= most) ?? (s.film.done || last < end ? most : null);
    }
    const said = s.film.frames[end]?.total ?? s.film.total;
    return said > 0 && (!s.film.done || said >= placeOf(end)) ? labelOf(said - 1) : placeOf(end);
  };
  const words = k => `step ${readable(stepOf(k))}`;
  const wordsOf = (k = s.pos) => { const total = totalOf(k); return words(k) + (total === null ? '' : ` of ${readable(total)}`); };

  return {search, labelOf, placeOf, stepOf, totalOf, told, steady, words, wordsOf};
};
