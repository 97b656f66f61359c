// The text lanes drawn on a canvas, simply, for pictures and films that are saved. Lengths in device pixels.

import {make} from '../dom.js';
import {FONT, rgb} from './draw.js';
import {elided} from './map.js';
import {followed, groupColour, strengthOf, valueText, visible} from './words.js';

const MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
const mixed = (from, to, share) => `rgb(${rgb(from).map((part, c) => Math.round(part + share * (rgb(to)[c] - part))).join()})`;
const wrapped = (g, text, width) => { // lines that fit, broken at blanks or, in a long word, anywhere
  const lines = [];
  for (const line of text.split('\n')) {
    let now = '';
    for (const part of line.match(/\s*\S{1,24}|\s+/g) || ['']) {
      if (now && g.measureText(now + part).width > width) { lines.push(now); now = part.trimStart(); } else now += part;
    }
    lines.push(now);
  }
  return lines;
};

/** What paints the text lanes of a strip. @param {import('../types').Strip} s the strip's state, see strip.js */
export const textPainter = s => {
  const ground = () => (s.paint.surface.startsWith('rgba') ? (s.paint.dark ? 'rgb(22, 24, 28)' : 'rgb(255, 255, 255)') : s.paint.surface);

  const lines = (g, text, width, font, high, draw) => {
    g.font = font; g.textAlign = 'left'; g.textBaseline = 'middle'; g.fillStyle = s.paint.ink;
    const all = wrapped(g, text, width);
    if (draw) all.forEach((line, k) => g.fillText(line, 0, (k + 0.5) * high));
    return all.length * high;
  };

  const struck = (g, item, text, x, y, width) => { // a row's label: dropped ones faint and struck through
    const off = item.kind === 'off';
    g.fillStyle = off ? s.paint.muted : s.paint.ink;
    const said = elided(g, text, width);
    g.fillText(said, x, y);
    if (off) g.fillRect(x, y, g.measureText(said).width, Math.max(1, s.dots));
  };

  const PAINT = { // kind -> (g, lane, packed, index, width, draw) => height
    tokens: (g, lane, packed, index, width, draw) => {
      const high = 26 * s.dots, items = packed.grows
        ? s.film.frames.slice(0, index + 1).flatMap(frame => frame?.lanes?.[lane.title]?.items || []) : packed.items;
      let [x, y] = [0, 0];
      g.font = `${15 * s.dots}px ${FONT}`; g.textAlign = 'left'; g.textBaseline = 'middle';
      for (const item of items) {
        const text = visible(item.text), wide = Math.min(width, g.measureText(text).width);
        if (x && x + wide > width) { x = 0; y += high; }
        if (draw) {
          const quiet = item.kind === 'prompt' && packed.shade !== 'share', share = quiet ? 0 : strengthOf(item.share, packed.shade);
          const own = groupColour(item), most = s.paint.dark ? 0.45 : 0.5;
          g.fillStyle = own ? mixed(ground(), own, 0.15 + share * (most - 0.1)) : mixed(ground(), s.paint.family, share * most);
          g.fillRect(x, y + 2 * s.dots, wide, high - 4 * s.dots);
          g.fillStyle = item.kind === 'prompt' ? s.paint.muted : s.paint.ink;
          g.fillText(text, x, y + high / 2, width);
        }
        x += wide;
        if (text.includes('\u23ce')) { x = 0; y += high * (text.split('\u23ce').length - 1); }
      }
      return y + high;
    },
    ranked: (g, lane, packed, index, width, draw) => {
      if (draw) rows(g, packed.items, packed.unit, 0, 0, Math.min(width, 560 * s.dots));
      return packed.items.length * 26 * s.dots;
    },
    stages: (g, lane, packed, index, width, draw) => {
      const columns = followed(packed), gap = (packed.tree ? 28 : 16) * s.dots, wide = (width - gap * (columns.length - 1)) / Math.max(1, columns.length);
      columns.forEach((stage, place) => {
        if (!draw) return;
        g.font = `600 ${13 * s.dots}px ${FONT}`; g.textAlign = 'left'; g.textBaseline = 'middle'; g.fillStyle = s.paint.ink;
        g.fillText(elided(g, stage.name, wide), place * (wide + gap), 12 * s.dots);
        rows(g, stage.items, packed.unit, place * (wide + gap), 26 * s.dots, wide, true);
        if (packed.tree && place) branches(g, stage.items, place * (wide + gap), gap);
      });
      return (26 + 26 * Math.max(0, ...columns.map(stage => stage.items.length))) * s.dots;
    },
    matrix: (g, lane, packed, index, width, draw) => {
      const plan = s.maps.mapPlan(g, lane.most, width / s.dots);
      if (draw) s.maps.drawLarge(g, packed, Math.min(lane.chosen, packed.shape[0] - 1), plan, null);
      return plan.height;
    },
    code: (g, lane, packed, index, width, draw) => lines(g, packed.text, width, `${13 * s.dots}px ${MONO}`, 20 * s.dots, draw),
    words: (g, lane, packed, index, width, draw) => lines(g, packed.text, width, `${14 * s.dots}px ${FONT}`, 20 * s.dots, draw),
  };

  const branches = (g, items, x, gap) => { // from each row to that of the column before that it comes from
    const at = k => (26 + (k + 0.5) * 26) * s.dots;
    for (const [k, {parent, kind}] of items.entries()) {
      if (parent === undefined) continue;
      g.strokeStyle = kind === 'off' ? s.paint.line : s.paint.family;
      g.lineWidth = (kind === 'off' ? 1 : 2) * s.dots;
      g.beginPath();
      g.moveTo(x - gap, at(parent));
      g.bezierCurveTo(x - gap / 2, at(parent), x - gap / 2, at(k), x, at(k));
      g.stroke();
    }
  };

  const rows = (g, items, unit, x, y, width, narrow = false) => {
    const high = 26 * s.dots, label = narrow ? width * 0.55 : 130 * s.dots, value = narrow ? width * 0.45 : 76 * s.dots;
    items.forEach((item, k) => {
      const middle = y + (k + 0.5) * high, share = Number.isFinite(item.share) ? item.share : 0, picked = item.kind === 'picked';
      g.fillStyle = item.kind === 'off' ? s.paint.line : mixed(ground(), groupColour(item) || s.paint.family, picked ? 1 : narrow ? 0.2 : 0.45);
      if (narrow) g.globalAlpha = picked ? 0.4 : 1;
      const from = narrow ? x : x + label + 8 * s.dots, room = narrow ? width : width - label - value - 16 * s.dots;
      g.fillRect(from, middle - (narrow ? 11 : 6) * s.dots, share * room, (narrow ? 22 : 12) * s.dots);
      g.globalAlpha = 1;
      g.font = `${picked ? 600 : 400} ${13 * s.dots}px ${MONO}`; g.textBaseline = 'middle'; g.textAlign = 'left';
      struck(g, item, item.text, x + (narrow ? 4 * s.dots : 0), middle, label - 4 * s.dots);
      g.textAlign = 'right'; g.font = `${13 * s.dots}px ${FONT}`; g.fillStyle = s.paint.muted;
      g.fillText(valueText(item, unit), x + width, middle);
    });
  };

  const paintText = (lane, index, g, width) => {
    const [packed] = s.search(index, frame => frame.lanes?.[lane.title]);
    if (packed) PAINT[packed.kind](g, lane, packed, index, width, true);
  };

  const textSize = (lane, width) => { // the room that the lane takes in the tallest of its frames
    const g = make('canvas').getContext('2d'), last = s.film.frames.length - 1, all = lane.sample.grows ? [last] : s.film.frames.map((_, k) => k);
    const found = all.map(k => s.film.frames[k]?.lanes?.[lane.title] || (lane.sample.grows && lane.sample)).map((packed, k) => (
      packed ? PAINT[packed.kind](g, lane, packed, all[k], width, false) : 0));
    return {width, height: Math.ceil(Math.max(26 * s.dots, ...found))};
  };

  return {paintText, textSize};
};
