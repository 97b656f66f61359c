// Drawing for the film strip. Everything draws on a 2-D context in device pixels; `dots` is device pixels per CSS pixel.
// paint: {ink, muted, surface, line, family, other, real, dark}, colours as the browser resolved them.

import {isDark} from '../dom.js';

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
/** CSS pixels of what is written on a canvas: while presenting, large enough for the back row. */
export const label = () => (document.body.classList.contains('presenting') ? 14 : 11);
const SERIES = ['#0072B2', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#D55E00']; // Okabe and Ito
const SERIES_DARK = ['#56B4E9', '#2FBF97', '#E5A0C6', '#F0B840', '#8CCBF0', '#F08A4B'];

export const rgb = text => (text.match(/[\d.]+/g) || [0, 0, 0]).slice(0, 3).map(Number);
const byDistance = (colours, from) => { // the nearest to another colour first, all as css text
  const hex = text => [1, 3, 5].map(at => parseInt(text.slice(at, at + 2), 16));
  const far = text => hex(text).reduce((sum, part, k) => sum + (part - rgb(from)[k]) ** 2, 0);
  return [...colours].sort((one, other) => far(one) - far(other));
};

export const readPaint = probe => { // the probe is an element of the strip: its colour is set to each variable and read back
  const read = name => { probe.style.color = `var(--f-${name})`; return getComputedStyle(probe).color; };
  const names = ['ink', 'muted', 'surface', 'line', 'family', 'real'];
  const paint = /** @type {any} */ (Object.fromEntries(names.map(name => [name, read(name)])));
  paint.dark = isDark();
  const set = paint.dark ? SERIES_DARK : SERIES;
  paint.other = byDistance(set.slice(0, 2).concat(set[5]), paint.family).at(-1);
  const like = byDistance(set, paint.family)[0]; // it could not be told from the family's own
  paint.series = [paint.family, paint.other, ...set.filter(one => one !== paint.other && one !== like)];
  return paint;
};

// ---- numbers as text -------------------------------------------------------------------------------------------
const SUPER = '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079';
const power = (value, decimals) => { // as one writes it: 1.02 x 10 with a raised -7
  const [most, size] = value.toExponential(decimals).split('e'), raised = String(Math.abs(+size)).replace(/\d/g, digit => SUPER[+digit]);
  const ten = +size ? `10${+size < 0 ? '\u207b' : ''}${raised}` : '1', factor = most.replace('-', '\u2212');
  return Math.abs(+most) === 1 ? (+most < 0 ? '\u2212' : '') + ten : ten === '1' ? factor : `${factor}\u202f\u00d7\u202f${ten}`;
};
export const readable = (value, digits = 3) => {
  if (value === null || value === undefined) return '\u2013';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'number') return String(value).slice(0, 80);
  if (Number.isInteger(value)) return Math.abs(value) < 1e7 ? value.toLocaleString('en').replace('-', '\u2212') : power(value, 2);
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size >= 7 || size < -4) return power(value, Math.max(0, digits - 1));
  return value.toFixed(Math.max(0, Math.min(8, digits - 1 - Math.min(size, digits - 1)))).replace('-', '\u2212');
};

const ticks = (low, high, count, more = 4) => { // round numbers within [low, high], never one alone
  const rough = (high - low) / Math.max(1, count), unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(k => k * unit).find(k => k >= rough * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(+(k * step).toPrecision(10));
  return found.length > 1 || !more ? found : ticks(low, high, count + 1, more - 1);
};

// The marks of an axis, all written in one way: as powers of ten, or with the same number of decimals.
const alike = (marks, log = false) => {
  const sizes = marks.filter(Boolean).map(Math.abs), minus = text => text.replace('-', '\u2212');
  if (log ? sizes.some(size => size < 1e-3 || size > 1e4) : Math.max(...sizes) < 1e-3 || Math.max(...sizes) >= 1e6) {
    return marks.map(mark => (mark ? power(mark, mark.toExponential().startsWith(`${mark < 0 ? '-' : ''}1e`) || log ? 0 : 1) : '0'));
  }
  const decimals = log ? 0 : Math.max(0, ...marks.map(mark => (String(+mark.toPrecision(6)).split('.')[1] || '').length));
  return marks.map(mark => (log && mark < 1 ? String(mark) : minus(mark.toLocaleString('en', {minimumFractionDigits: decimals, maximumFractionDigits: decimals}))));
};

// ---- pictures ---------------------------------------------------------------------------------------------------
export const PHOTO = 200; // pixels of a side from which on a picture is no sheet of large pixels
const usualColumns = n => (n <= 3 ? n : Math.ceil(Math.sqrt(n * 4 / 3)));

// Whole device pixels per picture pixel, the columns and the gap that fill `width` x `height` CSS pixels best.
export const fitPictures = (lane, width, height, dots, most) => {
  const name = lane.names ? Math.round((label() + 6) * dots) : 0; // what the text below a picture takes
  const free = lane.n > 3 && lane.columns === usualColumns(lane.n), options = [];
  const columns = free ? Array.from({length: lane.n - 1}, (_, k) => k + 2) : [lane.columns];
  for (const c of columns) {
    const rows = Math.ceil(lane.n / c), gap = lane.n === 1 ? 0 : (c > 8 ? 1 : Math.round(3 * dots));
    const wide = (width * dots - gap * (c - 1)) / (c * lane.w), tall = (height * dots - gap * (rows - 1) - name * rows) / (rows * lane.h);
    const limit = Math.max(1, Math.floor(most * dots / Math.max(lane.w, lane.h)));
    const scale = Math.min(Math.floor(wide), Math.max(1, Math.floor(tall)), limit);
    options.push({c, rows, gap, scale, empty: c * rows - lane.n, off: Math.abs(c - lane.columns)});
  }
  options.sort((a, b) => b.scale - a.scale || a.empty - b.empty || a.off - b.off);
  const best = options[0], scale = best.scale >= 1 ? best.scale : 0;
  const k = scale || 1, over = height * dots / (best.rows * (lane.h * k + name) + best.gap * (best.rows - 1));
  const shrink = Math.min(1, scale ? 1 : width * dots / (best.c * lane.w + best.gap * (best.c - 1)), lane.h >= PHOTO ? over : 1);
  return {...best, scale: k, smooth: shrink < 1, shrink, name,
    width: best.c * lane.w * k + best.gap * (best.c - 1), height: best.rows * (lane.h * k + name) + best.gap * (best.rows - 1)};
};

const cut = (g, text, width) => { // as much of a text as fits, an ellipsis where it does not
  let end = text.length;
  while (end && g.measureText(text.slice(0, end) + (end < text.length ? '\u2026' : '')).width > width) end--;
  return text.slice(0, end) + (end < text.length ? '\u2026' : '');
};

/**
 * @param {CanvasRenderingContext2D} g @param {import('../types').PictureLane} lane @param {HTMLImageElement} image @param {any} fit
 * @param {any} paint @param {number} dots
 */
export const drawPictures = (g, lane, image, fit, paint, dots) => {
  g.imageSmoothingEnabled = false;
  g.clearRect(0, 0, g.canvas.width, g.canvas.height);
  for (let i = 0; i < lane.n; i++) {
    const from = [i % lane.columns * lane.w, Math.floor(i / lane.columns) * lane.h];
    const to = [i % fit.c * (lane.w * fit.scale + fit.gap), Math.floor(i / fit.c) * (lane.h * fit.scale + fit.name + fit.gap)];
    const [wide, tall] = [lane.w * fit.scale, lane.h * fit.scale];
    g.drawImage(image, from[0], from[1], lane.w, lane.h, to[0], to[1], wide, tall);
    if (!lane.names?.[i]) continue;
    Object.assign(g, {fillStyle: paint.muted, font: `${label() * dots}px ${FONT}`, textAlign: 'center', textBaseline: 'middle'});
    g.fillText(cut(g, lane.names[i], wide), to[0] + wide / 2, to[1] + tall + fit.name / 2);
  }
};

// ---- planes -----------------------------------------------------------------------------------------------------
/** @param {{data: string}} layer */
export const numbersOf = layer => { // base64 of int16 -> Float32Array in [-2, 2], a unit being the limit of the plane
  const raw = atob(layer.data), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  const view = new DataView(bytes.buffer), out = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < out.length; i++) out[i] = view.getInt16(2 * i, true) / 32767 * 2;
  return out;
};

export const MARGIN = {left: 30, bottom: 20, top: 4, right: 4}; // CSS pixels around a plane

/** names: what lies across and upwards, where the lane says it; empty ones: the coordinates mean nothing. */
export const drawPlane = (g, limit, layers, dots, paint, names = []) => {
  const [width, height] = [g.canvas.width, g.canvas.height];
  const left = Math.round(MARGIN.left * dots), top = Math.round(MARGIN.top * dots);
  const side = Math.min(width - left - Math.round(MARGIN.right * dots), height - top - Math.round(MARGIN.bottom * dots));
  const px = x => left + (x + 1) / 2 * side, py = y => top + (1 - y) / 2 * side;
  g.clearRect(0, 0, width, height);
  g.save();
  g.beginPath(); g.rect(left, top, side, side); g.clip();
  const order = ['heat', 'real', 'paths', 'vectors', 'other', 'generated'];
  for (const kind of order) {
    const found = layers[kind];
    if (found) LAYERS[kind](g, found, {px, py, side, left, top, dots, paint, pale: layers.generated});
  }
  g.restore();
  g.strokeStyle = paint.line; g.lineWidth = Math.max(1, Math.round(dots));
  g.strokeRect(left - 0.5, top - 0.5, side + 1, side + 1);
  if (names.length && !names.some(Boolean)) return;
  g.fillStyle = paint.muted; g.font = `${label() * dots}px ${FONT}`;
  const step = [5, 2, 1].map(k => k * 10 ** Math.floor(Math.log10(limit))).find(k => k <= limit * 1.0001);
  for (const value of [-step, 0, step]) {
    g.textAlign = 'center'; g.textBaseline = 'top';
    g.fillText(readable(value, 1), Math.min(px(value / limit), left + side - 6 * dots), top + side + 5 * dots);
    g.textAlign = 'right'; g.textBaseline = 'middle';
    g.fillText(readable(value, 1), left - 5 * dots, Math.max(py(value / limit), top + 5 * dots));
  }
  if (names.length) namesOf(g, /** @type {[string, string]} */ (names), {left, top, side}, dots, paint);
};

const namesOf = (g, [across, upwards], {left, top, side}, dots, paint) => { // inside the frame: there is no room beside it
  const room = side - 8 * dots;
  const put = (name, x, y) => { // in a small frame without its unit, in a very small one not at all
    const text = [name, name.split(',')[0]].map(words => `${words} \u2192`).find(words => g.measureText(words).width <= room);
    if (text) { g.strokeText(text, x, y); g.fillText(text, x, y); }
  };
  g.save();
  g.fillStyle = paint.muted; g.strokeStyle = paint.surface; g.lineWidth = 3 * dots; g.lineJoin = 'round';
  g.textBaseline = 'bottom'; g.textAlign = 'right';
  put(across, left + side - 5 * dots, top + side - 4 * dots);
  g.translate(left + 4 * dots, top + 5 * dots); g.rotate(-Math.PI / 2); g.textBaseline = 'top';
  put(upwards, 0, 0);
  g.restore();
};

const points = (g, layer, at, radius, shape) => {
  g.beginPath();
  const r = radius * at.dots;
  for (let i = 0; i + 1 < layer.values.length; i += 2) {
    const x = at.px(layer.values[i]), y = at.py(layer.values[i + 1]);
    if (shape === 'diamond') {
      g.moveTo(x, y - r); g.lineTo(x + r, y); g.lineTo(x, y + r); g.lineTo(x - r, y); g.closePath();
    } else { g.moveTo(x + r, y); g.arc(x, y, r, 0, 7); }
  }
};

const radiusFor = layer => (layer.values.length > 2400 ? 1.3 : layer.values.length > 600 ? 1.8 : 2.6);

const STANDING = new WeakMap(); // canvas -> the real points that were last drawn on it: they seldom change
const standing = (g, layer, at) => { // those points as a picture
  const key = [at.side, at.dots, at.paint.real].join(), kept = STANDING.get(g.canvas);
  if (kept && kept.values === layer.values && kept.key === key) return kept.picture;
  const picture = document.createElement('canvas'), side = picture.width = picture.height = Math.max(1, at.side);
  const drawn = picture.getContext('2d'), place = {...at, px: x => (x + 1) / 2 * side, py: y => (1 - y) / 2 * side};
  points(drawn, layer, place, radiusFor(layer) * 0.85);
  drawn.fillStyle = at.paint.real; drawn.globalAlpha = 0.6; drawn.fill();
  STANDING.set(g.canvas, {values: layer.values, key, picture});
  return picture;
};

const inverted = image => { // for a dark page; the picture is small, what it is drawn as is not
  const picture = document.createElement('canvas'), g = picture.getContext('2d');
  [picture.width, picture.height] = [image.naturalWidth || 1, image.naturalHeight || 1];
  g.filter = 'invert(1) hue-rotate(180deg)';
  g.drawImage(image, 0, 0);
  return picture;
};

const LAYERS = {
  heat: (g, layer, at) => {
    if (!layer.image?.complete) return;
    g.save();
    g.imageSmoothingEnabled = false;
    g.globalAlpha = at.pale ? 0.5 : 1; // points have to be seen on it
    g.drawImage(at.paint.dark ? inverted(layer.image) : layer.image, at.left, at.top, at.side, at.side);
    g.restore();
  },
  real: (g, layer, at) => {
    g.drawImage(standing(g, layer, at), at.left, at.top);
  },
  generated: (g, layer, at) => {
    points(g, layer, at, radiusFor(layer));
    g.fillStyle = at.paint.family; g.globalAlpha = 0.85; g.fill(); g.globalAlpha = 1;
  },
  other: (g, layer, at) => {
    points(g, layer, at, radiusFor(layer) * 1.3, 'diamond');
    g.fillStyle = at.paint.other; g.globalAlpha = 0.85; g.fill(); g.globalAlpha = 1;
  },
  paths: (g, layer, at) => {
    const [n, steps] = layer.shape;
    g.beginPath();
    for (let i = 0; i < n; i++) {
      for (let t = 0; t < steps; t++) {
        const k = 2 * (i * steps + t);
        g[t ? 'lineTo' : 'moveTo'](at.px(layer.values[k]), at.py(layer.values[k + 1]));
      }
    }
    g.strokeStyle = at.paint.family; g.lineWidth = at.dots; g.globalAlpha = n > 60 ? 0.35 : 0.7; g.lineJoin = 'round';
    g.stroke(); g.globalAlpha = 1;
  },
  vectors: (g, layer, at) => {
    g.beginPath();
    for (let k = 0; k + 3 < layer.values.length; k += 4) {
      const [x, y, dx, dy] = layer.values.slice(k, k + 4);
      const from = [at.px(x), at.py(y)], to = [at.px(x + dx), at.py(y + dy)];
      const angle = Math.atan2(to[1] - from[1], to[0] - from[0]), length = Math.hypot(to[0] - from[0], to[1] - from[1]);
      const head = Math.min(4 * at.dots, length * 0.4);
      g.moveTo(...from); g.lineTo(...to);
      for (const turn of [2.6, -2.6]) {
        g.moveTo(...to); g.lineTo(to[0] + head * Math.cos(angle + turn), to[1] + head * Math.sin(angle + turn));
      }
    }
    g.strokeStyle = at.paint.ink; g.globalAlpha = 0.6; g.lineWidth = at.dots; g.stroke(); g.globalAlpha = 1;
  },
};

// ---- charts -----------------------------------------------------------------------------------------------------
const axes = (g, dots, paint, {x, y, log, xTitle, labelled}) => { // returns px, py and the frame of the chart
  const width = g.canvas.width, height = g.canvas.height, value = v => (log ? Math.log10(v) : v);
  g.clearRect(0, 0, width, height);
  g.font = `${label() * dots}px ${FONT}`;
  let marks = log ? ticks(Math.floor(y[0]), Math.ceil(y[1]), 3).filter(Number.isInteger).map(k => 10 ** k)
    : ticks(y[0], y[1], height > 130 * dots ? 4 : 3);
  marks = marks.filter(mark => value(mark) >= y[0] - 1e-9 && value(mark) <= y[1] + 1e-9);
  const texts = alike(marks, log);
  const left = Math.ceil(Math.max(18 * dots, ...texts.map(text => g.measureText(text).width)) + 8 * dots);
  const right = width - Math.round((labelled || 10) * dots), top = Math.round(8 * dots), bottom = height - Math.round((2 * label() + 10) * dots);
  const px = v => left + (x[1] > x[0] ? (v - x[0]) / (x[1] - x[0]) : 0.5) * (right - left);
  const py = v => bottom - (value(v) - y[0]) / (y[1] - y[0] || 1) * (bottom - top);
  g.lineWidth = Math.max(1, Math.round(dots)); g.strokeStyle = paint.line; g.fillStyle = paint.muted;
  g.textAlign = 'right'; g.textBaseline = 'middle';
  marks.forEach((mark, k) => {
    const at = Math.round(py(mark)) + 0.5;
    g.beginPath(); g.moveTo(left, at); g.lineTo(right, at); g.stroke();
    g.fillText(texts[k], left - 6 * dots, at);
  });
  g.textAlign = 'center'; g.textBaseline = 'top';
  if (xTitle) g.fillText(xTitle, (left + right) / 2, bottom + (label() + 7) * dots);
  return {px, py, left, right, top, bottom};
};

// series: [{title, values: [[x, y], ...]}]; now: x of the current frame; named: x -> what its tick says. Returns {px} for clicks.
// parts: [{x, title}], where each phase of the film begins.
export const drawCurves = (g, series, {x, now, xTitle, named, parts = []}, dots, paint) => {
  const all = series.flatMap(one => one.values.map(pair => pair[1])).filter(Number.isFinite);
  if (!all.length) { g.clearRect(0, 0, g.canvas.width, g.canvas.height); return null; }
  let low = Math.min(...all), high = Math.max(...all);
  const log = low > 0 && high / low > 500;
  if (log) [low, high] = [Math.log10(low), Math.log10(high)];
  else if (low > 0 && low < high * 0.5) low = 0;
  const pad = (high - low || Math.abs(high) || 1) * 0.06;
  const y = [low === 0 && !log ? 0 : low - pad, high + pad];
  g.font = `${label() * dots}px ${FONT}`;
  const labelled = series.length > 1 ? Math.max(...series.map(one => g.measureText(one.title).width)) / dots + 18 : 0;
  const frame = axes(g, dots, paint, {x, y, log, xTitle: xTitle + (log ? ', logarithmic upwards' : ''), labelled});
  g.fillStyle = paint.muted; g.textBaseline = 'top';
  for (const mark of ticks(x[0], x[1], Math.max(2, Math.floor((frame.right - frame.left) / (70 * dots)))).filter(Number.isInteger)) {
    g.fillText(named(mark), frame.px(mark), frame.bottom + 5 * dots);
  }
  if (now >= x[0]) marker(g, frame, frame.px(now), dots, paint);
  const ends = [];
  series.forEach((one, k) => {
    const colour = paint.series[k % paint.series.length];
    g.strokeStyle = g.fillStyle = colour; g.lineWidth = 1.75 * dots; g.lineJoin = 'round';
    g.beginPath();
    let pen = false;
    for (const [at, value] of one.values) {
      if (!Number.isFinite(value)) { pen = false; continue; }
      g[pen ? 'lineTo' : 'moveTo'](frame.px(at), frame.py(value));
      pen = true;
    }
    g.stroke();
    const here = one.values.filter(pair => Number.isFinite(pair[1]) && pair[0] <= now).pop();
    if (here) { g.beginPath(); g.arc(frame.px(here[0]), frame.py(here[1]), 3.2 * dots, 0, 7); g.fill(); }
    const last = one.values.filter(pair => Number.isFinite(pair[1])).pop();
    if (last && labelled) ends.push({y: frame.py(last[1]), colour, title: one.title});
  });
  if (parts.length > 1) dividers(g, parts, frame, dots, paint);
  endsNamed(g, ends, frame, dots, paint);
  return frame;
};

const dividers = (g, parts, frame, dots, paint) => { // a line where a phase begins, each phase named at its top
  parts.forEach(({x, title}, k) => {
    const at = Math.round(frame.px(x)) + 0.5, end = parts[k + 1] ? frame.px(parts[k + 1].x) : frame.right;
    g.strokeStyle = paint.muted; g.lineWidth = Math.max(1, Math.round(dots));
    if (k) { g.beginPath(); g.moveTo(at, frame.top); g.lineTo(at, frame.bottom); g.stroke(); }
    if (g.measureText(title).width + 8 * dots > end - at) return;
    g.fillStyle = paint.muted; g.strokeStyle = paint.surface; g.lineWidth = 3 * dots; g.lineJoin = 'round';
    g.textAlign = 'left'; g.textBaseline = 'top';
    g.strokeText(title, at + 5 * dots, frame.top + dots); g.fillText(title, at + 5 * dots, frame.top + dots);
  });
};

const marker = (g, frame, x, dots, paint) => {
  g.strokeStyle = paint.muted; g.lineWidth = Math.max(1, Math.round(dots)); g.setLineDash([2 * dots, 2 * dots]);
  g.beginPath(); g.moveTo(Math.round(x) + 0.5, frame.top); g.lineTo(Math.round(x) + 0.5, frame.bottom); g.stroke();
  g.setLineDash([]);
};

const endsNamed = (g, ends, frame, dots, paint) => { // names at the right ends of the curves, pushed apart
  ends.sort((a, b) => a.y - b.y);
  const line = (label() + 3) * dots;
  ends.forEach((one, k) => { if (k) one.y = Math.max(one.y, ends[k - 1].y + line); });
  ends.reduceRight((most, one) => (one.y = Math.min(one.y, most)) - line, frame.bottom); // back up, only those that have to
  g.textAlign = 'left'; g.textBaseline = 'middle';
  for (const one of ends) {
    g.fillStyle = one.colour; g.fillRect(frame.right + 5 * dots, one.y - dots, 7 * dots, 2 * dots);
    g.fillStyle = paint.ink; g.fillText(one.title, frame.right + 15 * dots, one.y);
  }
};

export const drawBars = (g, values, {limit, low, high}, dots, paint) => {
  const top = limit ?? Math.max(high, 0), bottom = Math.min(low, 0);
  const y = [bottom, top > bottom ? top : bottom + 1];
  const frame = axes(g, dots, paint, {x: [0, values.length], y, log: false, xTitle: '', labelled: 0});
  const cell = (frame.right - frame.left) / values.length, gap = cell > 6 * dots ? Math.max(1, cell * 0.2) : 0;
  g.fillStyle = paint.family;
  values.forEach((value, k) => {
    if (!Number.isFinite(value)) return;
    const at = frame.py(Math.max(y[0], Math.min(y[1], value))), zero = frame.py(Math.max(y[0], 0));
    g.fillRect(frame.left + k * cell + gap / 2, Math.min(at, zero), cell - gap, Math.max(Math.abs(at - zero), dots));
  });
  g.fillStyle = paint.muted; g.textAlign = 'center'; g.textBaseline = 'top';
  const every = Math.ceil(values.length / Math.max(1, Math.floor((frame.right - frame.left) / (24 * dots))));
  for (let k = 0; k < values.length; k += every) {
    g.fillText(String(k + 1), frame.left + (k + 0.5) * cell, frame.bottom + 5 * dots);
  }
};
