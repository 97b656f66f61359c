// The film strip's stage: the elements of the lanes and charts, and their sizes.

import {ended, make, zoomOf} from '../dom.js';
import {MARGIN, fitPictures} from './draw.js';
import {describe, picturesSaid} from './said.js';

const GAP = 24, CAPTION = 42, CHART = 202, AROUND = 170, PRESENTED = 240; // CSS pixels: between lanes; over a lane; a row of charts; head and foot; those while presenting
const GIVEN = 0.5; // how wide a single picture is, what was given, beside a sheet of several, the result

const flat = ({n, w, h, columns}) => Math.min(n, columns) * w >= 8 * Math.ceil(n / columns) * h; // a strip of many pictures

/** @param {import('../types').Strip} s the strip's state, see strip.js */
export const stageOf = s => {
  // ---- what is drawn, and where -----------------------------------------------------------------------------------
  const ensure = packed => { // the elements for the lanes, charts and bars of a frame
    const named = Object.keys(packed.lanes || {});
    for (const [title, lane] of Object.entries(packed.lanes || {})) {
      const shape = s.TEXT[lane.kind] ? lane.kind : [lane.kind, lane.n, lane.columns, lane.w, lane.h].join();
      const old = s.lanes.get(title);
      if (old && old.shape.split(',')[0] === lane.kind) {
        if (old.shape !== shape || old.stale) s.fitted = '';
        Object.assign(old, {shape, sample: lane, stale: false});
        if (lane.kind === 'pictures') describe(old.canvas, picturesSaid(title, lane));
      } else {
        old?.figure.remove();
        s.lanes.set(title, laneElement(title, lane, shape, named));
        s.fitted = '';
      }
      s.lanes.get(title).text?.see?.(s.lanes.get(title), lane);
    }
    for (const entry of packed.numbers || []) {
      if (entry.chart) chartFor('curve', entry.chart, entry).series.set(entry.name, entry.title);
    }
    for (const [title, bars] of Object.entries(packed.bars || {})) chartFor('bars', title, bars);
  };

  const laneElement = (title, sample, shape, named) => { // it stands where its frame has it, among those that came before too
    const lane = s.TEXT[sample.kind] ? s.textElement(title, sample, shape) : canvasElement(title, sample, shape);
    const at = named.indexOf(title), there = name => (name === title ? null : s.lanes.get(name)?.figure);
    const before = named.slice(0, at).map(there).findLast(Boolean), after = named.slice(at + 1).map(there).find(Boolean);
    const last = [...s.stage.querySelectorAll(':scope > .film-lane:not(.film-chart)')].at(-1);
    if (before) before.after(lane.figure);
    else if (after) after.before(lane.figure);
    else last ? last.after(lane.figure) : s.stage.prepend(lane.figure);
    return lane;
  };

  const canvasElement = (title, sample, shape) => {
    const figure = make('figure', 'film-lane'), caption = make('figcaption'), canvas = make('canvas');
    const from = make('span', 'from');
    describe(canvas, sample.kind === 'pictures' ? picturesSaid(title, sample) : title);
    caption.append(make('span', '', title), from);
    figure.append(caption, canvas);
    const lane = {figure, caption, canvas, from, title, sample, shape, stale: false, keys: ''};
    if (sample.pick) canvas.addEventListener('click', event => pickPicture(lane, event));
    canvas.classList.toggle('pickable', Boolean(sample.pick));
    if (sample.pick) canvas.title = 'Click a picture to go on from it';
    return lane;
  };

  const pickPicture = (lane, event) => {
    const [packed, k] = s.search(s.pos, frame => frame.lanes?.[lane.title]), {c, scale, gap} = lane.fit || {};
    if (!packed || !scale) return;
    const box = lane.canvas.getBoundingClientRect(), ratio = lane.canvas.width / box.width;
    const [column, row] = [(event.clientX - box.left) / (lane.sample.w * scale + gap), (event.clientY - box.top) / (lane.sample.h * scale + gap)].map(x => Math.floor(x * ratio));
    const place = row * c + column;
    if (column >= c || place >= packed.n) return;
    s.stop();
    s.pick(lane, k, place, {text: ''});
  };

  const widened = entries => { // what stands beside a chart may come later and make it wider or narrower
    if (entries.some(({target}) => target.width !== Math.round(target.clientWidth * s.dots))) { s.fitted = ''; s.dirty = true; s.wake(); }
  };
  const charted = new ResizeObserver(widened);
  ended(s.signal, () => charted.disconnect());

  const chartFor = (kind, title, about) => {
    const id = kind + title;
    if (s.charts.has(id)) { s.charts.get(id).stale = false; return s.charts.get(id); }
    const figure = make('figure', `film-lane film-chart film-${kind}`), canvas = make('canvas'), caption = make('figcaption');
    caption.append(make('span', '', title), make('span', 'unit', about.unit || ''));
    describe(canvas, title);
    figure.append(caption, canvas);
    if (about.note) figure.append(make('p', 'film-note-under', about.note));
    s.stage.append(figure);
    charted.observe(canvas);
    const chart = {kind, figure, canvas, title, unit: about.unit || '', series: new Map(), stale: false, frame: null, at: s.stepOf};
    if (kind === 'curve') canvas.addEventListener('click', event => clicked(chart, event));
    s.charts.set(id, chart);
    s.fitted = '';
    return chart;
  };

  const clicked = (chart, event) => {
    if (!chart.frame) return;
    const box = chart.canvas.getBoundingClientRect(), x = (event.clientX - box.left) * chart.canvas.width / box.width;
    const far = k => Math.abs(chart.frame.px(chart.at(k)) - x);
    s.stop();
    s.go(s.film.frames.reduce((best, _, k) => (far(k) < far(best) ? k : best), 0));
  };

  const drop = () => { // what belongs to an earlier run goes once the new one has a frame
    for (const made of [s.lanes, s.charts]) {
      made.forEach((one, id) => { if (one.stale) { one.figure.remove(); made.delete(id); s.fitted = ''; } });
    }
  };

  const fit = () => { // sizes of all canvases, in whole device pixels
    const width = s.roomy ||= Math.floor(s.stage.clientWidth); // kept until the stage changes: to ask is to lay out the page
    if (!width) return false;
    const zoom = zoomOf(s.root), now = `${width} ${devicePixelRatio} ${innerHeight} ${zoom}`;
    if (s.fitted === now) return true;
    [s.fitted, s.dots] = [now, (devicePixelRatio || 1) * zoom];
    const [texts, all] = [true, false].map(text => [...s.lanes.values()].filter(lane => Boolean(lane.text) === text)), small = width < 560;
    const least = lane => (lane.sample.kind === 'plane' ? 250 : !small ? 190 : lane.sample.n > 1 ? 260 : 140);
    const narrow = all.filter(lane => {
      const full = lane.sample.kind === 'pictures' && strip(lane.sample, width);
      lane.figure.classList.toggle('wide', full && s.lanes.size > 1);
      return !full;
    });
    const several = narrow.some(({sample}) => sample.n > 1), share = ({sample}) => (several && sample.n === 1 && !flat(sample) ? GIVEN : 1);
    const rowsAt = cell => narrow.reduce(([rows, x], lane) => { // as the page wraps them
      const wide = Math.floor(cell * share(lane));
      return x && x + GAP + wide > width ? [rows + 1, wide] : [rows, x ? x + GAP + wide : wide];
    }, [1, 0])[0];
    const smallest = Math.min(width, Math.max(1, ...narrow.map(least))), rows = rowsAt(smallest);
    let cell = width;
    while (cell > smallest && rowsAt(cell) > rows) cell -= 1;
    const tall = heightOf(rows + all.length - narrow.length, width);
    for (const lane of all) size(lane, narrow.includes(lane) ? Math.floor(cell * share(lane)) : width, tall);
    for (const lane of texts) lane.text.fit?.(lane);
    for (const chart of s.charts.values()) {
      chart.canvas.width = Math.round(chart.canvas.clientWidth * s.dots);
      chart.canvas.height = Math.round(chart.canvas.clientHeight * s.dots);
    }
    return true;
  };

  const strip = (sample, width) => { // a row of many pictures, which needs the whole width
    const beside = fitPictures(sample, Math.min(width, 320), 400, s.dots, 1e4);
    return beside.smooth || (flat(sample) && fitPictures(sample, width, 400, s.dots, 1e4).scale > beside.scale);
  };

  const heightOf = (rows, width) => { // of a row of lanes, so that the stage is no higher than the window
    const charts = Math.ceil(s.charts.size / Math.max(1, Math.floor((width + GAP) / (240 + GAP)))), texts = s.lanes.size > rows && [...s.lanes.values()].some(lane => lane.text);
    const zoom = zoomOf(s.root), around = zoom > 1 ? PRESENTED : AROUND + CHART * charts; // charts lie below while presenting
    const free = (innerHeight - s.stage.getBoundingClientRect().top - scrollY) / zoom - s.find('foot').offsetHeight; // over the transport, as the page opens
    const seen = free < CAPTION + 140 ? Infinity : free; // of a stage that lies lower, one has to scroll anyway
    const room = Math.min(innerHeight / zoom - around, seen) / Math.max(1, rows) - CAPTION;
    return Math.max(width < 560 || texts ? 200 : 140, Math.min(420, room));
  };

  const size = (lane, width, tall) => {
    const {canvas, sample} = lane;
    let shrink = 1;
    if (sample.kind === 'pictures') {
      lane.fit = fitPictures(sample, width, tall, s.dots, flat(sample) ? width : sample.n === 1 ? 288 : 168);
      [canvas.width, canvas.height, shrink] = [lane.fit.width, lane.fit.height, lane.fit.shrink];
      canvas.classList.toggle('smooth', shrink < 1);
    } else {
      const side = Math.round(Math.min(width - MARGIN.left - MARGIN.right, tall - MARGIN.top - MARGIN.bottom, 380) * s.dots);
      canvas.width = side + Math.round((MARGIN.left + MARGIN.right) * s.dots);
      canvas.height = side + Math.round((MARGIN.top + MARGIN.bottom) * s.dots);
    }
    canvas.style.width = canvas.width * shrink / s.dots + 'px';
    canvas.style.height = canvas.height * shrink / s.dots + 'px';
    lane.figure.style.maxWidth = Math.max(canvas.width * shrink / s.dots, Math.min(width, 120)) + 'px';
    lane.figure.style.width = lane.figure.style.maxWidth;
  };

  return {ensure, drop, fit};
};
