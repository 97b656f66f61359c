// Labelled matrices: one large map of shades on a canvas and, where there are several, small ones to choose from.

import {make} from '../dom.js';
import {readable} from './draw.js';
import {MAP, barred} from './map.js';
import {labelled, put_} from './words.js';

const READ = 28; // CSS pixels of the line under the large map

const cutSaid = ({shape, whole}) => {
  const parts = ['rows', 'columns'].map((name, k) => (whole[k] > shape[k + 1] ? `${shape[k + 1]} of ${whole[k]} ${name}` : ''));
  return parts.some(Boolean) ? ` Drawn: ${parts.filter(Boolean).join(', ')}.` : '';
};

/** The lane of labelled matrices. @param {import('../types').Strip} s the strip's state, see strip.js */
export const matrixLane = s => {
  const {hues, cellAt, mapImage, mapPlan, drawLarge, iconsReady} = s.maps;

  // ---- the lane ---------------------------------------------------------------------------------------------------
  const mapSaid = (packed, map, hover) => {
    const quote = text => `\u201c${labelled(text)}\u201d`, row = quote(packed.rows[hover.row]), unit = packed.unit ? ' ' + packed.unit : '';
    const value = column => readable(cellAt(packed, map, hover.row, column)) + unit;
    if (hover.column === null) {
      const open = packed.columns.map((_, c) => c).filter(c => !barred(packed, hover.row, c));
      const best = open.reduce((a, b) => (cellAt(packed, map, hover.row, b) > cellAt(packed, map, hover.row, a) ? b : a), 0);
      return `${row}: most at ${quote(packed.columns[best])}, ${value(best)}`;
    }
    const column = quote(packed.columns[hover.column]);
    return barred(packed, hover.row, hover.column) ? `${row} may not look at ${column}` : `${row} \u2192 ${column}: ${value(hover.column)}`;
  };

  const hoverAt = (lane, event) => {
    const box = lane.canvas_.getBoundingClientRect(), {left, top, cell} = lane.plan, [, h, w] = lane.drawn.shape;
    const ratio = lane.canvas_.width / box.width, column = Math.floor(((event.clientX - box.left) * ratio - left) / cell), row = Math.floor(((event.clientY - box.top) * ratio - top) / cell);
    if (row < 0 || row >= h || column >= w) return null;
    return {row, column: column < 0 ? null : column};
  };

  const mapKeys = (lane, event) => { // arrows move a cell; left of the first column is the row's name
    const move = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
    if (!move || !lane.drawn || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [, h, w] = lane.drawn.shape, {row, column} = lane.hover || {row: 0, column: 0};
    const next = Math.max(-1, Math.min(w - 1, (column ?? -1) + move[1]));
    lane.hover = {row: Math.max(0, Math.min(h - 1, row + move[0])), column: next < 0 ? null : next};
    paintMatrix(lane);
    s.say(lane.read.textContent);
  };

  const matrix = {
    make: lane => {
      const big = make('div', 'film-big');
      Object.assign(lane, {canvas_: make('canvas'), maps: make('div', 'film-maps'), read: make('p', 'film-read'), chosen: 0, most: null});
      lane.canvas_.tabIndex = 0;
      lane.canvas_.setAttribute('role', 'img');
      lane.canvas_.setAttribute('aria-label', lane.title); // until it is drawn
      lane.key = make('span', 'film-shade');
      lane.caption.append(lane.key);
      big.append(lane.canvas_, lane.read);
      lane.body.append(big, lane.maps);
      const hover = found => { lane.hover = found ?? lane.pinned ?? null; paintMatrix(lane); };
      lane.canvas_.addEventListener('pointermove', event => lane.drawn && hover(hoverAt(lane, event)));
      lane.canvas_.addEventListener('pointerleave', () => hover(null));
      lane.canvas_.addEventListener('blur', () => hover(null));
      lane.canvas_.addEventListener('click', event => {
        const found = lane.drawn && hoverAt(lane, event);
        lane.pinned = found && JSON.stringify(found) !== JSON.stringify(lane.pinned) ? found : null;
        hover(found);
      });
      lane.canvas_.addEventListener('keydown', event => mapKeys(lane, event));
      lane.maps.addEventListener('click', event => {
        const one = event.target.closest('button');
        if (one) { lane.chosen = [...lane.maps.children].indexOf(one); lane.drawn = null; s.dirty = true; s.wake(); }
      });
    },
    reset: lane => Object.assign(lane, {hover: null, pinned: null}),
    see: (lane, {shape: [k, h, w], rows, columns, cells, icons}) => { // the largest of the run; its labels decide the margins
      if (lane.seen !== s.film.run) [lane.seen, lane.most] = [s.film.run, null];
      const most = lane.most ??= {k: 0, h: 0, w: 0, rows: [], columns: []}, long = (a, b) => (b.length > a.length ? b : a);
      if (k > most.k || h > most.h || w > most.w) [s.fitted, lane.drawn] = ['', null];
      Object.assign(most, {k: Math.max(k, most.k), h: Math.max(h, most.h), w: Math.max(w, most.w)});
      Object.assign(most, {cells, icons});
      most.rows = [rows.concat(most.rows).reduce(long, '')];
      most.columns = [columns.concat(most.columns).reduce(long, '')];
    },
    fit: lane => {
      lane.figure.classList.toggle('film-one', lane.most.k === 1);
      const {most} = lane, width = Math.max(160, lane.figure.clientWidth), beside = most.k > 1 && width >= 600;
      lane.plan = mapPlan(lane.canvas_.getContext('2d'), most, beside ? Math.floor(width * 0.62) - 24 : width, s.tall - READ);
      sized(lane.canvas_, lane.plan.width, lane.plan.height);
      lane.small = Math.max(1, Math.floor((most.k > 12 || !beside ? MAP.many : MAP.small) * s.dots / Math.max(most.h, most.w)));
      lane.body.classList.toggle('beside', beside);
      lane.drawn = null;
    },
    show: (lane, packed) => {
      const theme = s.paint.dark, ready = iconsReady(packed);
      if (lane.drawn === packed && lane.theme === theme && lane.ready === ready) return;
      [lane.drawn, lane.theme, lane.ready] = [packed, theme, ready];
      lane.chosen = Math.min(lane.chosen, packed.shape[0] - 1);
      if (lane.hover && (lane.hover.row >= packed.shape[1] || lane.hover.column >= packed.shape[2])) lane.hover = null;
      paintMatrix(lane);
      mapsOf(lane, packed);
      mapKey(lane, packed);
    },
  };

  const sized = (canvas, width, height) => {
    Object.assign(canvas, {width, height});
    canvas.style.width = width / s.dots + 'px';
    canvas.style.height = height / s.dots + 'px';
  };

  const paintMatrix = lane => {
    const packed = lane.drawn;
    if (!packed || !lane.plan) return;
    drawLarge(lane.canvas_.getContext('2d'), packed, lane.chosen, lane.plan, lane.hover);
    const name = packed.shape[0] > 1 ? `${packed.names[lane.chosen]}. ` : '';
    put_(lane.read, lane.hover ? mapSaid(packed, lane.chosen, lane.hover) : `${name}Point at a cell, or at a row's name.${cutSaid(packed)}`);
    lane.canvas_.setAttribute('aria-label', `${lane.title}, ${packed.shape[1]} rows, ${packed.shape[2]} columns; arrows move over the cells`);
  };

  const mapsOf = (lane, packed) => { // the small ones
    const [k, h, w] = packed.shape, count = k > 1 ? k : 0;
    while (lane.maps.children.length > count) lane.maps.lastChild.remove();
    for (let map = 0; map < count; map++) {
      let one = lane.maps.children[map];
      if (!one) {
        one = make('button', 'film-map');
        one.type = 'button';
        one.append(make('canvas'), make('span'));
        lane.maps.append(one);
      }
      const [canvas, name] = one.children, side = [lane.most.w * lane.small, lane.most.h * lane.small];
      if (canvas.width !== side[0] || canvas.height !== side[1]) sized(canvas, ...side);
      const g = canvas.getContext('2d');
      g.imageSmoothingEnabled = false;
      g.clearRect(0, 0, canvas.width, canvas.height);
      g.drawImage(mapImage(packed, map), 0, 0, w * lane.small, h * lane.small);
      put_(name, packed.names[map]);
      one.setAttribute('aria-pressed', map === lane.chosen);
    }
  };

  const mapKey = (lane, packed) => { // the legend: the ends of the shades
    const {low, none, high} = hues(), css = colour => `rgb(${colour.join()})`;
    const ends = packed.signed ? [-packed.scale, packed.scale] : [Math.min(0, packed.low), packed.high];
    const shades = packed.signed ? [low, none, high] : [none, high], bar = make('i');
    bar.style.background = `linear-gradient(90deg, ${shades.map(css).join()})`;
    lane.key.replaceChildren(readable(ends[0], 2), bar, readable(ends[1], 2) + (packed.unit ? ' ' + packed.unit : ''));
  };

  return matrix;
};
