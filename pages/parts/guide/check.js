// Whether a run answers a lesson's question: genai_demo/lessons/lesson.py (Condition.holds), for what the film shows.

const SIGNS = {
  '>': (a, b) => a > b, '>=': (a, b) => a >= b, '<': (a, b) => a < b, '<=': (a, b) => a <= b,
  '=': (a, b) => a === b, '!=': (a, b) => a !== b,
};
const WORDS = {'>': 'more than', '>=': 'at least', '<': 'less than', '<=': 'at most', '=': '', '!=': 'other than'};

const holds = ({sign, value}, have) => {
  if (have === undefined || have === null) return false;
  if (typeof value !== 'string' && typeof have !== 'string') return typeof have === 'number' && SIGNS[sign](have, value);
  const same = String(have).toLowerCase() === String(value).toLowerCase();
  return sign === '=' ? same : sign === '!=' && !same;
};

/** @param {{name: string, sign: string, value: any}[]} check @param {{recipe: any, frames: any[]}} film
 * @returns {{held: boolean, lines: {title: string, have: string, asked: string, held: boolean}[]}} */
export const checked = (check, {recipe, frames}) => {
  const found = {...recipe.options, seed: recipe.seed}, titles = {}, digits = {};
  for (const frame of frames) {
    for (const one of frame?.numbers ?? []) [found[one.name], titles[one.name], digits[one.name]] = [one.value, one.title, one.digits];
  }
  const lines = check.map(one => {
    const have = found[one.name], round = typeof have === 'number' ? +have.toPrecision(Math.max(4, digits[one.name] ?? 4)) : have ?? 'none here';
    const title = titles[one.name] ?? one.name.replaceAll('_', ' ');
    return {title, have: String(round), asked: `${WORDS[one.sign]} ${one.value}`.trim(), held: holds(one, have)};
  });
  return {held: lines.every(one => one.held), lines};
};
