// What is on a canvas, in a sentence, for those who don't see it.

import {readable} from './draw.js';

const LAYERS = {real: 'real points', generated: 'generated points', other: 'other points', paths: 'paths', vectors: 'arrows'};
const SIZES = {real: 2, generated: 2, other: 2, vectors: 4}; // numbers a piece

/** Gives a canvas its role and its sentence. @param {HTMLCanvasElement} canvas @param {string} text */
export const describe = (canvas, text) => {
  if (canvas.getAttribute('aria-label') === text) return;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', text);
};

/** @param {string} title @param {import('../types').PictureLane} lane */
export const picturesSaid = (title, {n, w, h, names}) =>
  `${title}: ${n === 1 ? 'a picture' : `${n} pictures`} of ${w} by ${h} pixels${n === 1 ? '' : ' each'}${names?.length ? `: ${names.join('; ')}` : ''}`;

/** @param {string} title @param {number} limit @param {{[kind: string]: any}} layers those that are drawn */
export const planeSaid = (title, limit, layers) => {
  const count = kind => (kind === 'paths' ? layers[kind].shape[0] : layers[kind].values.length / SIZES[kind]);
  const parts = Object.keys(LAYERS).filter(kind => layers[kind]).map(kind => `${readable(count(kind))} ${layers[kind].called || LAYERS[kind]}`);
  if (layers.heat) parts.push(`shades from ${readable(layers.heat.low)} to ${readable(layers.heat.high)}`);
  return `${title}: a plane from ${readable(-limit)} to ${readable(limit)} both ways, with ${parts.join(', ') || 'nothing on it yet'}`;
};

/** @param {string} title @param {string} unit @param {{title: string, values: number[][]}[]} series @param {number} now */
export const curveSaid = (title, unit, series, now) => {
  const told = series.map(one => {
    const seen = one.values.filter(pair => Number.isFinite(pair[1])), here = seen.filter(pair => pair[0] <= now).at(-1);
    const way = seen.length ? ` from ${readable(seen[0][1])} to ${readable(seen.at(-1)[1])}` : ' without a value yet';
    return `${one.title}${way}${here ? `, ${readable(here[1])} here` : ''}`;
  });
  return `${title}${unit ? ` in ${unit}` : ''}, a chart of ${told.join('; ')}`;
};

/** @param {string} title @param {string} unit @param {(number | null)[]} values */
export const barsSaid = (title, unit, values) => {
  const seen = values.filter(Number.isFinite), most = Math.max(...seen);
  return `${title}${unit ? ` in ${unit}` : ''}: ${values.length} bars${seen.length ? `, the highest is number ${values.indexOf(most) + 1} with ${readable(most)}` : ''}`;
};
