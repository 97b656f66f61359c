// How numbers and tokens are written, and what is said about them.

import {readable} from './draw.js';

const percent = share => {
  const value = 100 * share;
  return (value >= 99.95 ? '100' : value >= 10 ? value.toFixed(1) : value >= 0.01 || !value ? value.toFixed(2) : '<0.01') + '\u2009%';
};
export const shareText = (share, unit) => (unit === 'probability' ? percent(share) : readable(share));
export const valueText = (item, unit) => (Number.isFinite(item.value) ? readable(item.value)
  : Number.isFinite(item.share) && (item.share || item.kind !== 'off') ? shareText(item.share, unit) : '');

const ONE = {patches: 'patch', pictures: 'picture', sentences: 'sentence', tokens: 'token'};
/** @param {{value: number | null, unit: string}} entry @returns {string} the unit behind its number, "" where there is none */
export const unitOf = ({value, unit}) => (value === null ? '' : value === 1 && ONE[unit] || unit);

const SIGNS = {'\n': '\u23ce', '\r': '\u240d', '\t': '\u21e5'};
export const visible = text => String(text).replace(/[\n\r\t]/g, sign => SIGNS[sign]).replace(/[\u0000-\u001f]/g, sign => String.fromCharCode(0x2400 + sign.charCodeAt(0)));
export const dotsOf = text => /^ */.exec(visible(text))[0].length; // blanks in front, shown as middle dots
export const labelled = text => '\u00b7'.repeat(dotsOf(text)) + visible(text).slice(dotsOf(text)) || '(empty)';


export const strengthOf = (share, shade) => { // 0 to 1; "surprise": each halving of the probability adds an eighth
  if (!Number.isFinite(share)) return 0;
  return shade === 'share' ? share : Math.min(1, -Math.log2(Math.max(share, 1e-9)) / 8);
};

/** The colours of things that are told apart, as experts: Okabe and Ito's, grey for their black. */
export const GROUPS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#d6c800', '#7f7f7f'];
/** @param {import('../types').Item} item @returns {string} its colour, "" where it is of no group */
export const groupColour = item => (Number.isFinite(item.group) ? GROUPS[item.group % GROUPS.length] : '');

// What a stage drops stays in its place in the later ones, faint. In a tree nothing does: each row has its parent.
const keyOf = item => item.id ?? item.text;

export const followed = ({stages: list, tree}) => {
  if (tree) return list.map((stage, s) => ({...stage, items: stage.items.map((item, place) => ({...item, place, stage: s}))}));
  const gone = new Map(), columns = [];
  list.forEach((stage, s) => {
    const items = stage.items.map((item, place) => ({...item, place, stage: s, kind: gone.has(keyOf(item)) ? 'off' : item.kind}));
    for (const [key, item] of gone) {
      if (items.some(one => keyOf(one) === key)) continue;
      const place = columns[s - 1].items.findIndex(one => keyOf(one) === key);
      items.splice(Math.min(place, items.length), 0, {...item, share: 0, value: undefined, said: ''});
    }
    items.filter(item => item.kind === 'off').forEach(item => gone.set(keyOf(item), item));
    columns.push({name: stage.name, note: stage.note, items});
  });
  return columns;
};

/** Sets a text where it differs. @param {Element} node @param {string} text */
export const put_ = (node, text) => { if (node.textContent !== text) node.textContent = text; };
