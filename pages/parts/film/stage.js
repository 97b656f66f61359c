// The film strip's stage: the elements of the lanes and charts, and their sizes.

import {ended, make, zoomOf} from '../dom.js';
import {MARGIN, PHOTO, fitPictures} from './draw.js';
import {describe, picturesSaid} from './said.js';

const GAP = 24, CAPTION = 42, CHART = 202, AROUND = 170; // CSS pixels: between lanes; over a lane; a row of charts; head and foot
const LOW = 84, HIGH = 160, TALL = 240, NARROW = 240, SLIM = 220; // CSS pixels: the least height of a chart's canvas, the usual, the most beside pictures; the least width, and that where some are out of sight
const BROAD = 720, ASIDE = 260; // CSS pixels: of a stage of texts, maps aside, from which on charts stand beside them; how wide they are then
const NAMED = 120; // CSS pixels: the least width of what has a name
const PHONE = 304; // CSS pixels: how high a lane is there, where one scrolls anyway: two rows of pictures of 64 pixels with names, twice as large
const LEAST = 200; // CSS pixels: of a stage above which too much stands, presented; of pictures over a list
const LINED = 150, NEARLY = 60; // CSS pixels: how wide planes are at least in one line, and how much higher they may not be in two
const LINE = 20, LETTER = 7; // CSS pixels: of a caption
const FIRST = 4, ROW = 28; // rows of a list that stay in sight below pictures, where these keep LEAST; CSS pixels of one
const SHARED = 0.5, SEEN = 84; // of their area, what pictures keep where charts are in sight with them; how high one is at least, in CSS pixels
const BRIEF = ['words', 'tokens']; // texts of a few lines
const GIVEN = 0.5; // how wide a single picture is, what was given, beside a sheet of several, the result

const photo = ({kind, h}) => kind === 'pictures' && h >= PHOTO; // what is not made of large pixels may be shrunk a little
const flat = ({n, w, h, columns}) => Math.min(n, columns) * w >= 8 * Math.ceil(n / columns) * h; // a strip of many pictures

/** @param {import('../types').Strip} s the strip's state, see strip.js */
export const stageOf = s => {
  const [lanes, charts] = ['film-lanes', 'film-charts'].map(name => { const place = make('div', name); s.stage.append(place); return place; });
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
    if (before) before.after(lane.figure);
    else if (after) after.before(lane.figure);
    else lanes.append(lane.figure);
    return lane;
  };

  const canvasElement = (title, sample, shape) => {
    const figure = make('figure', 'film-lane'), caption = make('figcaption'), canvas = make('canvas');
    const from = make('span', 'from');
    figure.dataset.name = title;
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
    const [packed, k] = s.search(s.pos, frame => frame.lanes?.[lane.title]), {c, scale, gap, name} = lane.fit || {};
    if (!packed || !scale) return;
    const box = lane.canvas.getBoundingClientRect(), ratio = lane.canvas.width / box.width;
    const [column, row] = [(event.clientX - box.left) / (lane.sample.w * scale + gap), (event.clientY - box.top) / (lane.sample.h * scale + name + gap)].map(x => Math.floor(x * ratio));
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
    figure.dataset.name = title;
    describe(canvas, title);
    figure.append(caption, canvas);
    if (about.note) figure.append(make('p', 'film-note-under', about.note));
    charts.append(figure);
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
    const [texts, all] = [true, false].map(text => [...s.lanes.values()].filter(lane => Boolean(lane.text) === text));
    s.over = zoom > 1 ? overFoot(zoom) : Infinity;
    s.root.style.setProperty('--over', `${Math.floor(Math.min(1e4, s.over))}px`);
    s.tall = Math.min(s.over, width < 560 ? Infinity : overFirst());
    const brief = texts.every(({sample}) => BRIEF.includes(sample.kind)); // sentences, which stand below the pictures
    const found = (brief && all.length && s.charts.size && width >= 560 && zoom === 1 && arranged(all, width, texts)) ||
      (texts.length && !all.length && texts.every(({sample}) => sample.kind === 'words') && s.charts.size && width >= 560 && zoom === 1 && alone()) ||
      (texts.length && !all.length && !texts.some(({sample}) => sample.kind === 'matrix') && s.charts.size && width >= BROAD && zoom === 1 && {sizes: [], way: 'beside', beside: ASIDE, chart: Math.max(LOW, Math.min(HIGH, Math.floor((roomOf() + 16) / s.charts.size) - CAPTION - 16))}) ||
      {...planned(all, width, (rows, caption) => (width < 560 ? PHONE : Math.max(140, heightOf(rows, width) + CAPTION - caption))), way: '', chart: HIGH, beside: 0};
    s.stage.dataset.charts = found.way;
    s.stage.style.setProperty('--chart', `${found.chart}px`);
    s.stage.style.setProperty('--beside', `${found.beside}px`);
    found.sizes.forEach(apply);
    for (const lane of texts) lane.text.fit?.(lane);
    for (const chart of s.charts.values()) {
      chart.canvas.width = Math.round(chart.canvas.clientWidth * s.dots);
      chart.canvas.height = Math.round(chart.canvas.clientHeight * s.dots);
    }
    return true;
  };

  const arranged = (all, width, texts) => { // pictures and charts all over the transport, the pictures as large as can be; else the first charts beside them; none where pictures would get too small; texts, which are short, stand below the pictures
    const heads = headsOf(), said = texts.reduce((sum, {figure}) => sum + figure.offsetHeight + 16, 0);
    const room = roomOf() - 2, count = s.charts.size, found = [], partly = []; // captions are rounded
    const left = room - said, head = Math.max(...heads), wide = NARROW + GAP, alone = planned(all, width, (n, caption) => Math.max(140, heightOf(n, width, 0) + CAPTION - caption));
    for (const least of [190, 140, 100]) { // how narrow a lane may be: more of them stand in a line
      for (const columns of [1, 2].filter(n => n <= count)) { // charts in columns beside the pictures
        const rows = Math.ceil(count / columns), each = Math.floor((room + GAP - 8) / rows) - head;
        const plan = planned(all, width - columns * wide, (n, caption) => left / n - caption, least);
        const beside = Math.min(columns * 460, width - Math.ceil(plan.width) - GAP);
        found.push({...plan, way: 'beside', beside, chart: Math.min(each, rows > 1 ? HIGH : TALL), fits: each >= LOW && plan.height <= left + 16});
      }
      const rows = Math.ceil(count / Math.max(1, Math.floor((width + GAP) / wide))), under = rows * (LOW + head) - 16;
      const plan = planned(all, width, (n, caption) => (left - under) / n - caption, least), each = Math.floor((left + 16 - plan.height) / rows) - head;
      found.push({...plan, way: 'below', beside: 0, chart: Math.min(each, HIGH), fits: each >= LOW});
      const shares = heads.map((_, k) => Math.floor((room + 16 - heads.slice(0, k + 1).reduce((sum, one) => sum + one)) / (k + 1)));
      const share = shares.findLast(one => one >= LOW), first = planned(all, width - SLIM - GAP, (n, caption) => left / n - caption, least);
      partly.push({...first, way: 'beside', beside: Math.min(460, width - Math.ceil(first.width) - GAP), chart: Math.min(share, HIGH), fits: share > 0 && first.height <= left + 16});
    }
    const seen = ({sizes}) => sizes.every(({lane, css}) => lane.sample.n > 1 || css[1] >= SEEN);
    const best = [found, partly].map(ones => ones.filter(one => one.fits && seen(one)).sort((a, b) => b.area - a.area)[0]);
    return best.find(one => one?.area > SHARED * alone.area) ?? (texts.length ? null : {...alone, way: '', chart: HIGH, beside: 0});
  };

  const alone = () => { // charts below a sentence or two: the first as wide as the stage, the others side by side
    const rows = Math.min(2, s.charts.size), room = roomOf() - lanes.offsetHeight;
    return {sizes: [], way: 'alone', beside: 0, chart: Math.max(LOW, Math.min(TALL, Math.floor(room / rows) - CAPTION - 16))};
  };

  const headsOf = () => { // what each chart, made narrow, is higher than its canvas, and the room below
    s.stage.dataset.charts = 'beside';
    s.stage.style.setProperty('--beside', `${NARROW}px`);
    return [...s.charts.values()].map(({figure, canvas}) => figure.offsetHeight - canvas.offsetHeight + 16);
  };

  const planned = (all, width, heightFor, usual = 190) => { // how large each lane is in that width, and all of them
    const small = width < 560, least = ({sample}) => (sample.kind === 'plane' ? Math.min(250, usual + 60) : !small ? usual : sample.n > 1 ? 260 : 140);
    const narrow = all.filter(({sample}) => !(sample.kind === 'pictures' && strip(sample, width)));
    const several = Math.max(0, ...narrow.map(({sample}) => (sample.n > 1 ? sample.w : 0))); // how wide one of theirs is
    const share = ({sample}) => (sample.n === 1 && sample.w <= several && !flat(sample) && !photo(sample) ? GIVEN : 1);
    const rowsAt = cell => wrapped(narrow.map(lane => Math.floor(cell * share(lane))), width).length;
    const smallest = Math.min(width, Math.max(1, ...narrow.map(least)));
    let rows = narrow.length ? rowsAt(smallest) : 0, cell = width;
    while (cell > smallest && rowsAt(cell) > rows) cell -= 1;
    const line = Math.floor((width + GAP) / narrow.length) - GAP; // several planes, in one line hardly smaller than in two
    if (!small && rows > 1 && narrow.every(({sample}) => sample.kind === 'plane') && line >= LINED && heightFor(rows, CAPTION) < line + NEARLY) [rows, cell] = [1, line];
    const at = caption => {
      const tall = heightFor(Math.max(1, rows + all.length - narrow.length), caption);
      return all.map(lane => sized(lane, narrow.includes(lane) ? Math.floor(cell * share(lane)) : width, tall, !narrow.includes(lane) && all.length > 1));
    };
    const caption = found => Math.max(...found.map(({lane, css}) => captionOf(lane, css[0]))), sizes = at(caption(at(CAPTION))); // which wraps as its picture is wide
    const lines = wrapped(sizes.map(one => (one.wide ? width : boxOf(one))), width).map(line => line.map(k => sizes[k]));
    spread(lines, width, heightFor(1, 0));
    return {
      sizes, width: Math.max(0, ...lines.map(line => line.reduce((sum, one) => sum + boxOf(one) + GAP, -GAP))),
      height: lines.reduce((sum, line) => sum + tallOf(line), 0),
      area: sizes.reduce((sum, {lane, css: [w, h]}) => sum + share(lane) * w * h, 0), // what was given counts less
    };
  };

  const tallOf = line => Math.max(...line.map(({lane, css: [w, h]}) => h + captionOf(lane, w)));

  const spread = (lines, width, room) => { // what pictures, which have whole-number scales, leave of the room goes to the lines of planes
    const planes = lines.filter(line => line.every(({lane}) => lane.sample.kind === 'plane'));
    if (planes.length === lines.length) return;
    for (let pass = 0; pass < 3; pass++) { // a caption wraps less over a wider plane, which leaves some more
      const spare = room - lines.reduce((sum, line) => sum + tallOf(line), 0);
      for (const line of spare > 0 ? planes : []) {
        const cell = Math.floor((width + GAP) / line.length) - GAP, tall = Math.max(...line.map(({css}) => css[1])) + spare / planes.length;
        line.forEach(one => Object.assign(one, sized(one.lane, cell, tall, one.wide)));
      }
    }
  };

  const captionOf = (lane, width) => { // what stands over it, as it wraps, and the room below
    const letters = [...lane.caption.children].reduce((sum, one) => sum + one.textContent.length + 3, 0);
    return CAPTION + LINE * Math.max(0, Math.ceil(letters * LETTER / Math.max(width, NAMED)) - 1);
  };

  const wrapped = (widths, width) => widths.reduce((lines, wide, k) => { // which stand in each line, as the page wraps them
    const line = lines.at(-1), x = line?.reduce((sum, one) => sum + widths[one] + GAP, 0);
    if (line && x + wide <= width) line.push(k); else lines.push([k]);
    return lines;
  }, /** @type {number[][]} */ ([]));

  const strip = (sample, width) => { // a row of many pictures, which needs the whole width
    if (photo(sample) && width >= 560) return false;
    const beside = fitPictures(sample, Math.min(width, 320), 400, s.dots, 1e4);
    return beside.smooth || (flat(sample) && fitPictures(sample, width, 400, s.dots, 1e4).scale > beside.scale);
  };

  const heightOf = (rows, width, count = s.charts.size) => { // of a row of lanes, so that the stage is no higher than the window
    const charts = Math.ceil(count / Math.max(1, Math.floor((width + GAP) / (240 + GAP)))), texts = s.lanes.size > rows && [...s.lanes.values()].some(lane => lane.text);
    const free = roomOf(), seen = free < CAPTION + 140 ? Infinity : free; // of a stage that lies lower, one has to scroll anyway
    const presented = Number.isFinite(s.over), above = CAPTION + (presented ? LINE : 0);
    const all = presented ? s.over + above : Math.min(innerHeight - AROUND - CHART * charts, seen); // charts lie below while presenting
    const listed = [...s.lanes.values()].some(({sample}) => sample.kind === 'ranked') ? CAPTION + FIRST * ROW : 0;
    const room = (all - (all - listed >= rows * (LEAST + above) ? listed : 0)) / Math.max(1, rows) - above;
    return Math.max(texts ? 200 : 140, Math.min(420, room));
  };

  const overFoot = zoom => { // while presenting: how high a lane may be, of which nothing shall lie under the transport
    const free = roomOf();
    return (free < LEAST ? innerHeight / zoom - s.foot : free) - CAPTION - LINE; // to a stage that lies lower one has to scroll anyway
  };

  const overFirst = () => { // how high a matrix of the first row of them may be, so that it ends over the transport
    const found = [...s.lanes.values()].filter(({sample}) => sample.kind === 'matrix'), row = found[0]?.figure.offsetTop;
    const tops = found.filter(({figure}) => figure.offsetTop === row).map(({body}) => body.getBoundingClientRect().top);
    const room = roomOf() - (Math.max(...tops) - s.stage.getBoundingClientRect().top) / zoomOf(s.root);
    return found.length && room >= LEAST ? room : Infinity; // to one that lies lower one has to scroll anyway
  };

  const roomOf = () => (innerHeight - s.stage.getBoundingClientRect().top - scrollY) / zoomOf(s.root) - s.foot; // over the transport, as the page opens

  const sized = (lane, width, tall, wide) => { // its canvas in device pixels, what it is shrunk by, and its size in the page
    const {sample} = lane, css = (w, h, shrink) => [w * shrink / s.dots, h * shrink / s.dots];
    if (sample.kind === 'pictures') {
      const fit = fitPictures(sample, width, tall, s.dots, flat(sample) ? width : sample.n === 1 ? 288 : 168);
      return {lane, wide, given: width, fit, canvas: [fit.width, fit.height], css: css(fit.width, fit.height, fit.shrink)};
    }
    const side = Math.round(Math.max(60, Math.min(width - MARGIN.left - MARGIN.right, tall - MARGIN.top - MARGIN.bottom, 380)) * s.dots);
    const canvas = [side + Math.round((MARGIN.left + MARGIN.right) * s.dots), side + Math.round((MARGIN.top + MARGIN.bottom) * s.dots)];
    return {lane, wide, given: width, fit: null, canvas, css: css(canvas[0], canvas[1], 1)};
  };

  const boxOf = ({css, given}) => Math.max(css[0], Math.min(given, NAMED)); // how wide its figure is

  const apply = one => {
    const {lane, wide, fit, canvas: [w, h], css} = one, {canvas, figure} = lane;
    figure.classList.toggle('wide', wide);
    if (fit) { lane.fit = fit; canvas.classList.toggle('smooth', fit.shrink < 1); }
    [canvas.width, canvas.height] = [w, h];
    [canvas.style.width, canvas.style.height] = css.map(size => `${size}px`);
    figure.style.width = figure.style.maxWidth = `${boxOf(one)}px`;
  };

  return {ensure, drop, fit};
};
