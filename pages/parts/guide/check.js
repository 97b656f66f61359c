// Whether a run answers a lesson's question: genai_demo/lessons/lesson.py (Condition.holds), for what the film shows.

import {readable} from '../film/draw.js';

const SIGNS = {
  '>': (a, b) => a > b, '>=': (a, b) => a >= b, '<': (a, b) => a < b, '<=': (a, b) => a <= b,
  '=': (a, b) => a === b, '!=': (a, b) => a !== b,
};
const ASKED = {
  '>': 'asked: more than', '>=': 'asked: at least', '<': 'asked: less than', '<=': 'asked: at most', '=': 'asked:', '!=': 'asked: other than',
};
const UNIT = /^%$|^[a-zA-Z]{1,6}$/; // one that stands behind a number, and is no sentence
const DIGITS = 4; // so many at least, so that what just misses is not rounded to what was asked

const holds = ({sign, value}, have) => {
  if (have === undefined || have === null) return false;
  if (typeof value !== 'string' && typeof have !== 'string') return typeof have === 'number' && SIGNS[sign](have, value);
  const same = String(have).toLowerCase() === String(value).toLowerCase();
  return sign === '=' ? same : sign === '!=' && !same;
};

const labelOf = (bench, name) => // of a control, as it stands there
  bench?.querySelector(name === 'seed' ? '.seed-row label span' : `.option-${name} :is([data-testid=block-info], .label-text)`)?.textContent.trim() || name.replaceAll('_', ' ');
const said = (value, digits, unit) => { // no digits: as it was written
  const text = {true: 'switched on', false: 'switched off'}[String(value)] ?? (digits ? readable(value, Math.max(DIGITS, digits)).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') : String(value));
  return typeof value === 'number' && UNIT.test(unit) ? `${text}\u00a0${unit}` : text;
};

/** @param {{name: string, sign: string, value: any}[]} check @param {{recipe: any, frames: any[]}} film @param {Element | null} [bench] whose controls have names
 * @returns {{held: boolean, lines: {title: string, have: string, more: string, asked: string, value: string, held: boolean}[]}} more: tells one from another of its name */
export const checked = (check, {recipe, frames}, bench = null) => {
  const found = {...recipe.options, seed: recipe.seed}, told = {};
  for (const frame of frames) {
    for (const one of frame?.numbers ?? []) [found[one.name], told[one.name]] = [one.value, one];
  }
  const twice = one => check.some(other => other !== one && told[other.name]?.title && told[other.name].title === told[one.name]?.title);
  const lines = check.map(one => {
    const {title, digits = 0, unit = ''} = told[one.name] ?? {}, have = found[one.name];
    return {
      title: title?.trim() ?? labelOf(bench, one.name), have: have === undefined || have === null ? 'none here' : said(have, title ? Math.max(DIGITS, digits) : 0, unit),
      more: twice(one) && !UNIT.test(unit) ? unit : '',
      asked: ASKED[one.sign], value: said(one.value, 0, unit), held: holds(one, have),
    };
  });
  return {held: lines.every(one => one.held), lines};
};
