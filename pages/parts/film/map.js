// Drawing a labelled matrix: shades, labels, numbers in cells, pictures in front of rows. Lengths in device pixels.

import {make} from '../dom.js';
import {FONT, label, numbersOf} from './draw.js';
import {labelled} from './words.js';

export const MAP = {label: 92, tall: 420, cell: 34, small: 104, many: 64}; // CSS pixels, at most
const NUMBERED = {...MAP, label: 150, cell: 56, icon: 44, least: 26}; // of one whose cells say their numbers

/** A cell that may not be looked at. @param {import('../types').MatrixLane} packed @param {number} row @param {number} column */
export const barred = (packed, row, column) => packed.triangle && column > row + Math.max(0, packed.whole[1] - packed.whole[0]);
/** @param {import('../types').MatrixLane} packed @param {number} value */
const shareAt = (packed, value) => { // -1 to 1
  if (packed.signed) return value / packed.scale;
  const low = Math.min(0, packed.low);
  return (value - low) / (packed.high - low || 1);
};

/** A label that fits into `width`. @param {any} g @param {string} text @param {number} width */
export const elided = (g, text, width) => {
  const label = labelled(text);
  if (g.measureText(label).width <= width) return label;
  let length = Math.min(label.length, 24);
  while (length > 1 && g.measureText(label.slice(0, length) + '\u2026').width > width) length--;
  return label.slice(0, length) + '\u2026';
};


/** What draws the maps of a strip. @param {import('../types').Strip} s the strip's state, see strip.js */
export const mapsOn = s => {
  const mapImages = new WeakMap(); // packed -> {theme, images}, one canvas of h x w pixels a map
  const hues = () => (s.paint.dark ? {low: [240, 138, 75], none: [30, 33, 37], high: [86, 180, 233]}
    : {low: [213, 94, 0], none: [247, 248, 249], high: [0, 114, 178]});

  const cellsOf = packed => { // Float32Array, k * h * w
    if (!s.images.has(packed)) s.images.set(packed, numbersOf(packed).map(value => value / 2 * packed.scale));
    return s.images.get(packed);
  };
  const cellAt = (packed, map, row, column) => cellsOf(packed)[(map * packed.shape[1] + row) * packed.shape[2] + column];

  const mapImage = (packed, map) => {
    const theme = s.paint.dark ? 'dark' : 'light';
    if (mapImages.get(packed)?.theme !== theme) mapImages.set(packed, {theme, images: []});
    return mapImages.get(packed).images[map] ??= drawMap(packed, map);
  };
  const drawMap = (packed, map) => {
    const [, h, w] = packed.shape, canvas = Object.assign(make('canvas'), {width: w, height: h});
    const g = canvas.getContext('2d'), pixels = g.createImageData(w, h), {low, none, high} = hues();
    for (let row = 0; row < h; row++) {
      for (let column = 0; column < w; column++) {
        const share = shareAt(packed, cellAt(packed, map, row, column)), end = share < 0 ? low : high, at = 4 * (row * w + column);
        for (let c = 0; c < 3; c++) pixels.data[at + c] = none[c] + Math.min(1, Math.abs(share)) * (end[c] - none[c]);
        pixels.data[at + 3] = barred(packed, row, column) ? 0 : 255;
      }
    }
    g.putImageData(pixels, 0, 0);
    return canvas;
  };

  const labelSpace = (g, texts, most) => Math.ceil(Math.min(most * s.dots, Math.max(8 * s.dots, ...texts.map(text => g.measureText(labelled(text)).width))) + 8 * s.dots);

  // Where things are, in device pixels, for the largest matrix of the film, so that nothing moves from frame to frame.
  const mapPlan = (g, most, width, tall = Infinity) => {
    g.font = `${label() * s.dots}px ${FONT}`;
    const is = most.cells ? NUMBERED : MAP;
    const left = most.icons ? Math.ceil((NUMBERED.icon + 8) * s.dots) : labelSpace(g, most.rows, is.label), top = labelSpace(g, most.columns, is.label);
    const cell = Math.max(2, Math.floor(Math.min((width * s.dots - left - 2) / most.w, is.tall * s.dots / most.h, (tall * s.dots - top - 2) / most.h, is.cell * s.dots)));
    return {left, top, cell, width: left + cell * most.w + 2, height: top + cell * most.h + 2};
  };

  const drawLarge = (g, packed, map, plan, hover) => {
    const [, h, w] = packed.shape, {left, top, cell} = plan;
    g.clearRect(0, 0, plan.width, plan.height);
    g.imageSmoothingEnabled = false;
    if (packed.triangle) hatch(g, left, top, cell * w, cell * h);
    g.drawImage(mapImage(packed, map), left, top, cell * w, cell * h);
    g.strokeStyle = s.paint.line; g.lineWidth = Math.max(1, Math.round(s.dots));
    g.strokeRect(left - 0.5, top - 0.5, cell * w + 1, cell * h + 1);
    if (hover?.column === null) shadeColumns(g, packed, map, hover.row, plan);
    g.font = `${label() * s.dots}px ${FONT}`;
    if (packed.cells) cellNumbers(g, packed, map, plan);
    if (!rowIcons(g, packed, plan, hover?.row)) sideLabels(g, packed.rows, h, plan, hover?.row, (at, text, strong) => {
      g.textAlign = 'right'; g.textBaseline = 'middle';
      labelOn(g, text, left - 6 * s.dots, at, strong, plan.left);
    });
    sideLabels(g, packed.columns, w, {...plan, top: left}, hover?.column, (at, text, strong) => {
      g.save(); g.translate(at, top - 6 * s.dots); g.rotate(-Math.PI / 2);
      g.textAlign = 'left'; g.textBaseline = 'middle';
      labelOn(g, text, 0, 0, strong, plan.top);
      g.restore();
    });
    if (!hover) return;
    g.strokeStyle = s.paint.ink; g.lineWidth = Math.max(1, Math.round(s.dots));
    if (hover.column === null) g.strokeRect(left - 0.5, top + hover.row * cell - 0.5, cell * w + 1, cell + 1);
    else g.strokeRect(left + hover.column * cell - 0.5, top + hover.row * cell - 0.5, cell + 1, cell + 1);
  };

  const iconsOf = packed => packed.icons && s.search(s.pos, frame => frame.lanes?.[packed.icons])[0]; // the lane with a picture for each row
  const iconsReady = packed => !packed.icons || s.picture(iconsOf(packed) || {})?.complete;
  const rowIcons = (g, packed, {left, top, cell}, marked) => { // false where there are none, or they are not decoded yet
    const lane = iconsOf(packed), image = lane && s.picture(lane), side = Math.min(cell - 2, NUMBERED.icon * s.dots);
    if (!image?.complete || !image.naturalWidth) return false;
    g.save();
    g.imageSmoothingEnabled = true;
    g.imageSmoothingQuality = 'high';
    for (let k = 0; k < Math.min(lane.n, packed.shape[1]); k++) {
      const from = [k % lane.columns * lane.w, Math.floor(k / lane.columns) * lane.h], at = [left - 6 * s.dots - side, top + k * cell + (cell - side) / 2];
      g.drawImage(image, ...from, lane.w, lane.h, ...at, side, side);
      g.strokeStyle = k === marked ? s.paint.ink : s.paint.line;
      g.strokeRect(at[0] - 0.5, at[1] - 0.5, side + 1, side + 1);
    }
    g.restore();
    return true;
  };

  const cellNumbers = (g, packed, map, {left, top, cell}) => {
    const [, h, w] = packed.shape;
    if (cell < NUMBERED.least * s.dots) return;
    const shades = hues(), light = colour => 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2] > 140;
    const told = g.font;
    g.font = `${Math.min(label() * s.dots, Math.floor(cell / 3.4))}px ${FONT}`; // room for "-0.59" and a gap
    g.textAlign = 'center'; g.textBaseline = 'middle';
    for (let row = 0; row < h; row++) {
      for (let column = 0; column < w; column++) {
        const value = cellAt(packed, map, row, column), share = shareAt(packed, value), end = share < 0 ? shades.low : shades.high;
        const under = shades.none.map((none, c) => none + Math.min(1, Math.abs(share)) * (end[c] - none));
        g.fillStyle = light(under) ? '#1b1d1f' : '#ffffff';
        g.fillText(value.toFixed(2).replace('-', '\u2212'), left + (column + 0.5) * cell, top + (row + 0.5) * cell);
      }
    }
    g.font = told;
  };

  const sideLabels = (g, texts, count, {top, cell}, marked, write) => { // as many as there is room for, and the marked one
    const every = Math.max(1, Math.ceil((label() + 2) * s.dots / cell));
    for (let k = 0; k < count; k++) {
      const crowded = marked !== undefined && marked !== null && k !== marked && Math.abs(k - marked) < every;
      if ((k % every === 0 && !crowded) || k === marked) write(top + (k + 0.5) * cell, texts[k], k === marked);
    }
  };
  const labelOn = (g, text, x, y, strong, room) => {
    g.fillStyle = strong ? s.paint.ink : s.paint.muted;
    g.fillText(elided(g, text, room - 8 * s.dots), x, y);
  };

  const hatch = (g, x, y, width, height) => { // where a position may not look
    g.save();
    g.beginPath(); g.rect(x, y, width, height); g.clip();
    g.beginPath();
    for (let at = -height; at < width; at += 6 * s.dots) { g.moveTo(x + at, y + height); g.lineTo(x + at + height, y); }
    g.strokeStyle = s.paint.line; g.lineWidth = Math.max(1, Math.round(s.dots * 0.75)); g.stroke();
    g.restore();
  };

  const shadeColumns = (g, packed, map, row, {left, top, cell}) => { // the row's weights, behind the columns' names
    const values = Array.from({length: packed.shape[2]}, (_, c) => (barred(packed, row, c) ? 0 : shareAt(packed, cellAt(packed, map, row, c))));
    const most = Math.max(1e-12, ...values.map(Math.abs)), {low, high} = hues();
    values.forEach((value, column) => {
      g.globalAlpha = 0.6 * Math.abs(value) / most;
      g.fillStyle = `rgb(${(value < 0 ? low : high).join()})`;
      g.fillRect(left + column * cell, 2, cell, top - 4);
    });
    g.globalAlpha = 1;
  };

  return {hues, cellAt, mapImage, mapPlan, drawLarge, iconsReady};
};
