// The film strip in the browser: keeps the frames of a run, paints the current one, plays, scrubs, exports.
// Given by Gradio: element, props, trigger, watch. Given by the page: CSS, the drawing and the export functions.

const KEPT = window.atlasFilms ??= new Map(); // run -> film, so that a strip that was taken off the page comes back whole
const MOST_KEPT = 12;

if (!document.getElementById('film-css')) {
  document.head.append(Object.assign(document.createElement('style'), {id: 'film-css', textContent: CSS}));
}

const root = element.querySelector('.film'), find = name => root.querySelector('.film-' + name);
const slider = root.querySelector('input'), stage = find('stage'), at = find('at'), spoken = find('spoken');
const button = Object.fromEntries([...root.querySelectorAll('.film-buttons button')].map(one => [one.dataset.do, one]));
const still = matchMedia('(prefers-reduced-motion: reduce)');
const make = (name, className = '', text = '') => Object.assign(document.createElement(name), {className, textContent: text});

let film = null, lanes = new Map(), charts = new Map(), numbers = new Map();
let pos = -1, follow = true, playing = false, due = 0, speed = 1, waiting = 0, dirty = false, moved = 0;
let dots = 1, paint = null, fitted = '';

// ---- frames come in ---------------------------------------------------------------------------------------------
const images = new WeakMap(); // lane or layer -> Image or numbers
const picture = part => {
  let image = images.get(part);
  if (!image && typeof part.src === 'string' && /^data:image\/(png|webp);base64,/.test(part.src)) {
    image = new Image();
    image.onload = () => { dirty = true; wake(); };
    image.src = part.src;
    images.set(part, image);
  }
  return image;
};
const pictured = frame => Object.values(frame?.lanes || {}).flatMap(lane =>
  (lane.kind === 'pictures' ? [lane] : (lane.layers || []).filter(layer => layer.as === 'heat')));

const keep = () => {
  KEPT.delete(film.run);
  KEPT.set(film.run, film);
  while (KEPT.size > MOST_KEPT) KEPT.delete(KEPT.keys().next().value);
};

const begin = value => {
  const kept = KEPT.get(value.run);
  film = kept || {run: value.run, frames: [], total: null, done: false};
  [pos, follow, playing, numbers] = [-1, true, false, new Map()];
  lanes.forEach(lane => { lane.stale = true; });
  charts.forEach(chart => { chart.stale = true; });
  find('numbers').replaceChildren();
  keep();
  if (kept) { film.frames.forEach(ensure); jump(Math.min(value.index ?? film.frames.length - 1, film.frames.length - 1)); }
};

const put = (index, packed) => {
  if (!packed || typeof packed !== 'object' || !(index >= 0 && index < 5000)) return;
  film.frames[index] = packed;
  ensure(packed);
  pictured(packed).forEach(picture);
  dirty = true;
};

const absorb = () => {
  const value = props.value;
  if (!value || typeof value !== 'object' || !value.run) { if (!film) redraw(); return; }
  const fresh = film?.run !== value.run;
  if (fresh) begin(value);
  for (const name of ['badge', 'recipe', 'note']) if (value[name] !== undefined) film[name] = value[name];
  if (value.total > 0) film.total = value.total;
  if (value.append) put(Number.isInteger(value.index) ? value.index : film.frames.length, value.append);
  if (Array.isArray(value.frames)) {
    const first = !film.frames.length;
    value.frames.forEach((packed, k) => { if (!film.frames[k]) put(k, packed); });
    if (first && fresh && value.done) autoplay();
    else if (first) { jump(film.frames.length - 1); follow = true; } // a training taken up again: on with it
  }
  if (value.done && !film.done) {
    film.done = true;
    film.total = null;
    if (!playing && !(value.badge === 'recorded')) say(`Finished, ${words(film.frames.length - 1)}`);
  }
  if (value.frames) { // the page keeps the small part of the value; the frames live here
    const {frames, append, ...small} = value;
    props.value = {...small, index: Math.max(0, pos)};
  }
  dirty = true;
  wake();
};

const autoplay = () => {
  const last = film.frames.length - 1;
  if (still.matches || last < 1) { jump(last); return; }
  jump(0);
  play();
};

// ---- what is drawn, and where -----------------------------------------------------------------------------------
const ensure = packed => { // the elements for the lanes, charts and bars of a frame
  for (const [title, lane] of Object.entries(packed.lanes || {})) {
    const shape = [lane.kind, lane.n, lane.columns, lane.w, lane.h].join();
    const old = lanes.get(title);
    if (old && old.shape.split(',')[0] === lane.kind) {
      if (old.shape !== shape || old.stale) fitted = '';
      Object.assign(old, {shape, sample: lane, stale: false});
    } else {
      old?.figure.remove();
      lanes.set(title, laneElement(title, lane, shape));
      fitted = '';
    }
  }
  for (const entry of packed.numbers || []) {
    if (entry.chart) chartFor('curve', entry.chart, entry).series.set(entry.name, entry.title);
  }
  for (const [title, bars] of Object.entries(packed.bars || {})) chartFor('bars', title, bars);
};

const laneElement = (title, sample, shape) => {
  const figure = make('figure', 'film-lane'), caption = make('figcaption'), canvas = make('canvas');
  const from = make('span', 'from');
  canvas.setAttribute('role', 'img');
  caption.append(make('span', '', title), from);
  figure.append(caption, canvas);
  const lastLane = [...lanes.values()].at(-1)?.figure;
  lastLane ? lastLane.after(figure) : stage.prepend(figure);
  return {figure, caption, canvas, from, title, sample, shape, stale: false, keys: ''};
};

const chartFor = (kind, title, about) => {
  const id = kind + title;
  if (charts.has(id)) { charts.get(id).stale = false; return charts.get(id); }
  const figure = make('figure', `film-lane film-chart film-${kind}`), canvas = make('canvas'), caption = make('figcaption');
  caption.append(make('span', '', title), make('span', 'unit', about.unit || ''));
  canvas.setAttribute('role', 'img');
  figure.append(caption, canvas);
  if (about.note) figure.append(make('p', 'film-note-under', about.note));
  stage.append(figure);
  const chart = {kind, figure, canvas, title, unit: about.unit || '', series: new Map(), stale: false, frame: null};
  if (kind === 'curve') canvas.addEventListener('click', event => clicked(chart, event));
  charts.set(id, chart);
  fitted = '';
  return chart;
};

const clicked = (chart, event) => {
  if (!chart.frame) return;
  const box = chart.canvas.getBoundingClientRect(), x = (event.clientX - box.left) * dots;
  const far = k => Math.abs(chart.frame.px(stepOf(k)) - x);
  stop();
  go(film.frames.reduce((best, _, k) => (far(k) < far(best) ? k : best), 0));
};

const drop = () => { // what belongs to an earlier run goes once the new one has a frame
  for (const made of [lanes, charts]) {
    made.forEach((one, id) => { if (one.stale) { one.figure.remove(); made.delete(id); fitted = ''; } });
  }
};

const fit = () => { // sizes of all canvases, in whole device pixels
  const width = Math.floor(stage.clientWidth);
  if (!width) return false;
  const now = `${width} ${devicePixelRatio} ${innerHeight}`;
  if (fitted === now) return true;
  [fitted, dots] = [now, devicePixelRatio || 1];
  const all = [...lanes.values()], small = width < 560;
  const least = lane => (lane.sample.kind === 'plane' ? 250 : small ? 140 : 190);
  const narrow = all.filter(lane => {
    const full = lane.sample.kind === 'pictures' && fitPictures(lane.sample, Math.min(width, 320), 400, dots, 1e4).smooth;
    lane.figure.classList.toggle('wide', full && all.length > 1);
    return !full;
  });
  const room = Math.max(1, Math.floor((width + 24) / (Math.max(1, ...narrow.map(least)) + 24)));
  const rows = Math.ceil(narrow.length / room), per = Math.max(1, Math.ceil(narrow.length / Math.max(1, rows)));
  const cell = Math.floor((width - 24 * (per - 1)) / per);
  const tall = Math.max(200, Math.min(420, innerHeight * (rows > 1 ? 0.34 : 0.46)));
  for (const lane of all) size(lane, narrow.includes(lane) ? cell : width, tall);
  for (const chart of charts.values()) {
    chart.canvas.width = Math.round(chart.canvas.clientWidth * dots);
    chart.canvas.height = Math.round(chart.canvas.clientHeight * dots);
  }
  return true;
};

const size = (lane, width, tall) => {
  const {canvas, sample} = lane;
  let shrink = 1;
  if (sample.kind === 'pictures') {
    lane.fit = fitPictures(sample, width, tall, dots, sample.n === 1 ? 288 : 168);
    [canvas.width, canvas.height, shrink] = [lane.fit.width, lane.fit.height, lane.fit.shrink];
    canvas.classList.toggle('smooth', shrink < 1);
  } else {
    const side = Math.round(Math.min(width - MARGIN.left - MARGIN.right, tall, 380) * dots);
    canvas.width = side + Math.round((MARGIN.left + MARGIN.right) * dots);
    canvas.height = side + Math.round((MARGIN.top + MARGIN.bottom) * dots);
  }
  canvas.style.width = canvas.width * shrink / dots + 'px';
  canvas.style.height = canvas.height * shrink / dots + 'px';
  lane.figure.style.maxWidth = Math.max(canvas.width * shrink / dots, Math.min(width, 120)) + 'px';
  lane.figure.style.width = lane.figure.style.maxWidth;
};

// ---- one frame --------------------------------------------------------------------------------------------------
const search = (index, get) => { // the newest of the frames up to `index` for which get(frame) is something
  for (let k = index; k >= 0; k--) {
    const found = film.frames[k] && get(film.frames[k]);
    if (found) return [found, k];
  }
  return [null, -1];
};

const layersAt = (title, index) => {
  const layers = {};
  const add = layer => {
    if (layer.as === 'heat') { layers.heat = {...layer, image: picture(layer)}; return; }
    if (!images.has(layer)) images.set(layer, numbersOf(layer));
    layers[layer.as] = {...layer, values: images.get(layer)};
  };
  search(index, frame => frame.lanes?.[title])[0]?.layers.forEach(layer => {
    if (['real', 'heat'].includes(layer.as) || film.frames[index]?.lanes?.[title]) add(layer);
  });
  for (const kind of ['real', 'heat']) { // one that is absent keeps what it last showed
    if (!layers[kind]) {
      const [layer] = search(index, frame => frame.lanes?.[title]?.layers.find(one => one.as === kind));
      if (layer) add(layer);
    }
  }
  return layers;
};

const drawLane = (lane, index, g) => { // false where its picture is not decoded yet
  if (lane.sample.kind === 'pictures') {
    const [packed, k] = search(index, frame => frame.lanes?.[lane.title]), image = packed && picture(packed);
    if (!packed) { g.clearRect(0, 0, g.canvas.width, g.canvas.height); return [true, '']; }
    if (!image?.complete) return [false, ''];
    if (image.naturalWidth) drawPictures(g, packed, image, lane.fit);
    return [true, k === index ? '' : `from ${words(k)}`];
  }
  const layers = layersAt(lane.title, index);
  drawPlane(g, lane.sample.limit, layers, dots, paint);
  if (g.canvas === lane.canvas) keysOf(lane, layers);
  return [!layers.heat?.image || layers.heat.image.complete, ''];
};

const keysOf = (lane, layers) => { // direct names for the colours, where there is more than one
  const shown = ['real', 'generated', 'other'].filter(kind => layers[kind]);
  const colour = {real: 'var(--f-real)', generated: 'var(--f-family)', other: paint.other};
  const parts = shown.length > 1 ? shown.map(kind => [kind, kind, colour[kind]]) : [];
  const heat = layers.heat;
  if (heat && heat.high > heat.low) {
    const signed = heat.low < 0 && heat.high > 0, mix = paint.dark ? '#1c1d1f' : '#fafafa';
    const [blue, red] = paint.dark ? ['#3aa0dd', '#ff9a4a'] : ['#0072B2', '#D55E00'];
    parts.push(['heat', `${readable(heat.low)} to ${readable(heat.high)}`,
      (([low, high]) => (signed ? `linear-gradient(90deg, ${low}, ${mix}, ${high})` : `linear-gradient(90deg, ${mix}, ${high})`))(
        [red, blue].map(colour => (layers.generated ? `color-mix(in srgb, ${colour} 50%, ${mix})` : colour)))]);
  }
  const now = JSON.stringify(parts);
  if (lane.keys === now) return;
  lane.keys = now;
  lane.caption.querySelectorAll('.film-key').forEach(one => one.remove());
  for (const [kind, text, background] of parts) {
    const key = make('span', 'film-key', text);
    key.dataset.as = kind;
    key.style.setProperty('--c', background);
    lane.caption.append(key);
  }
};

const drawChart = (chart, index, g) => {
  if (chart.kind === 'bars') {
    const [bars] = search(index, frame => frame.bars?.[chart.title]);
    if (!bars) { g.clearRect(0, 0, g.canvas.width, g.canvas.height); return; }
    const seen = film.frames.flatMap(frame => frame.bars?.[chart.title]?.values || []).filter(Number.isFinite);
    drawBars(g, bars.values, {limit: bars.limit, low: Math.min(...seen, 0), high: Math.max(...seen, 0)}, dots, paint);
    return;
  }
  const series = [...chart.series].map(([name, title]) => ({title, values: []}));
  const names = [...chart.series.keys()];
  film.frames.forEach((frame, k) => (frame.numbers || []).forEach(entry => {
    const which = names.indexOf(entry.name);
    if (which >= 0) series[which].values.push([stepOf(k), entry.value ?? NaN]);
  }));
  const last = film.frames.length - 1, end = film.total && !film.done ? Math.max(labelOf(film.total - 1), stepOf(last)) : stepOf(last);
  const against = film.frames[last]?.numbers?.find(entry => names.includes(entry.name))?.against; // another number on the axis
  const valueAt = k => film.frames[k]?.numbers?.find(entry => entry.name === against);
  const named = mark => readable((against && valueAt(film.frames.findIndex((_, k) => stepOf(k) === mark))?.value) ?? mark);
  chart.frame = drawCurves(g, series, {
    x: [stepOf(0), Math.max(end, stepOf(0) + 1)], now: stepOf(index), xTitle: valueAt(last)?.title || 'step', unit: chart.unit, named,
  }, dots, paint);
};

// Frames may be every tenth step: a packed frame says its step (`index`, from 0) and how many there are (`total`).
const labelOf = step => step + (film.frames.some(frame => frame?.total && frame.index >= frame.total) ? 0 : 1);
const stepOf = k => { const frame = film.frames[k]; return labelOf(Number.isInteger(frame?.index) ? frame.index : k); };
const totalOf = () => {
  const last = film.frames.length - 1;
  const said = film.frames[last]?.total ?? film.total;
  return said > 0 && (!film.done || said >= stepOf(last)) ? said : Math.max(stepOf(last), film.frames.length);
};
const words = k => `step ${readable(stepOf(k))}`;

const show = () => { // everything that depends on the current frame
  const frame = film.frames[pos] || search(pos, one => one)[0];
  drop();
  if (!fit()) return false;
  let ready = true;
  for (const lane of lanes.values()) {
    const [drawn, from] = drawLane(lane, pos, lane.canvas.getContext('2d'));
    ready &&= drawn;
    if (lane.from.textContent !== from) lane.from.textContent = from;
  }
  for (const chart of charts.values()) drawChart(chart, pos, chart.canvas.getContext('2d'));
  if (frame) showNumbers(frame);
  return ready;
};

const showNumbers = frame => {
  numbers.forEach(one => { one.value = null; });
  for (const entry of frame.numbers || []) {
    let one = numbers.get(entry.name);
    if (!one) {
      const box = make('div'), dd = make('dd');
      box.append(make('dt', '', entry.title), dd);
      find('numbers').append(box);
      numbers.set(entry.name, one = {dd});
    }
    one.value = readable(entry.value, entry.digits) + (entry.unit && entry.value !== null ? '\u2009' + entry.unit : '');
  }
  numbers.forEach(one => { const text = one.value ?? '\u2013'; if (one.dd.textContent !== text) one.dd.textContent = text; });
};

const showTransport = () => {
  const got = film ? film.frames.length : 0, last = got - 1, expected = film && !film.done && film.total && !jumps() ? film.total : got;
  const end = Math.max(1, Math.max(expected, got) - 1);
  slider.max = end;
  slider.disabled = got < 2;
  if (+slider.value !== Math.max(0, pos)) slider.value = Math.max(0, pos);
  slider.style.setProperty('--at', `${100 * Math.max(0, pos) / end}%`);
  slider.style.setProperty('--got', `${100 * Math.max(0, last) / end}%`);
  at.textContent = got ? `step ${readable(stepOf(pos))} / ${readable(totalOf())}` : '';
  slider.setAttribute('aria-valuetext', got ? `step ${stepOf(pos)} of ${totalOf()}` : 'no frames yet');
  for (const [name, off] of [['first', pos <= 0], ['prev', pos <= 0], ['next', pos >= last], ['last', pos >= last], ['play', got < 2]]) {
    if (button[name].disabled !== off) button[name].disabled = off;
  }
  if (root.dataset.playing !== String(playing)) {
    root.dataset.playing = playing;
    button.play.setAttribute('aria-label', playing ? 'Pause' : 'Play');
    button.play.querySelector('path').setAttribute('d', playing ? 'M5 4h4v12H5zM11 4h4v12h-4z' : 'M6 3.5v13l10.5-6.5z');
  }
  const badge = film?.badge || '', label = {live: 'Live', recorded: 'Recorded', illustrative: 'Illustrative'}[badge] || '';
  if (find('badge').textContent !== label) { find('badge').textContent = label; find('badge').dataset.badge = badge; }
  if (find('note').textContent !== (film?.note || '')) find('note').textContent = film?.note || '';
  find('empty').hidden = !!film;
  find('export').hidden = !got;
};
const jumps = () => film.frames.length > 1 && Number.isInteger(film.frames[1]?.index) && film.frames[1].index - (film.frames[0]?.index ?? 0) > 1;

const redraw = () => {
  dirty = false;
  const ready = film && film.frames.length ? show() : true;
  showTransport();
  root.dataset.received = film ? film.frames.length : 0;
  root.dataset.done = Boolean(film?.done);
  root.dataset.step = film?.frames[pos]?.index ?? Math.max(pos, 0); // the run's own count, where frames were left out
  root.shown = film && {recipe: film.recipe, numbers: film.frames[pos]?.numbers || []}; // what a page's own buttons go by
  if (ready && pos !== +root.dataset.painted) { root.dataset.painted = pos; root.dispatchEvent(new CustomEvent('painted', {detail: pos})); }
};

// ---- time -------------------------------------------------------------------------------------------------------
const wake = () => { if (!waiting) waiting = requestAnimationFrame(tick); };

const tick = now => {
  waiting = 0;
  if (!root.isConnected) return;
  paint ??= readPaint(find('probe'));
  const last = film ? film.frames.length - 1 : -1;
  if (playing) advance(now, last);
  else if (follow && pos < last) { // one frame a picture of the screen, so that none of a burst is lost; far behind, skip
    const next = last - pos > 12 || pos < 0 ? last : pos + 1;
    const ready = pictured(film.frames[next]).every(part => picture(part)?.complete !== false);
    if ((ready || now - moved > 150) && (!still.matches || film.done || now - moved > 500)) { [pos, moved, dirty] = [next, now, true]; progress(); }
  }
  if (dirty) redraw();
  if (playing || (follow && film && pos < film.frames.length - 1)) wake();
};

const advance = (now, last) => {
  if (now < due) return;
  if (pos >= last) { playing = false; dirty = true; if (film.done) commit(); return; }
  pos += 1;
  follow = pos === last;
  due = Math.max(due + interval() / speed, now - 100);
  dirty = true;
};

const interval = () => Math.max(1000 / 30, Math.min(250, 6000 / film.frames.length)); // ms: a film lasts about six seconds

const jump = index => {
  const last = film.frames.length - 1;
  pos = Math.max(0, Math.min(last, index));
  follow = pos === last;
  dirty = true;
  wake();
};

// ---- what the visitor does --------------------------------------------------------------------------------------
const play = () => {
  if (!film || film.frames.length < 2) return;
  if (pos >= film.frames.length - 1) jump(0);
  [playing, follow, due, dirty] = [true, false, performance.now() + interval() / speed, true];
  wake();
};
const stop = () => { if (playing) { playing = false; dirty = true; wake(); } };

const go = index => { // a step of the visitor's: shown at once, told once
  if (!film?.frames.length) return;
  jump(index);
  commit();
  later(() => say([`step ${stepOf(pos)} of ${totalOf()}`, ...[...numbers.values()].map(one => one.dd.parentNode.textContent)].slice(0, 4).join(', ')), 500);
};

let told = -1, timer = 0;
const commit = () => {
  if (!film || pos < 0) return;
  const {frames, append, ...small} = props.value || {};
  if (film.done && small.run === film.run) props.value = {...small, index: pos};
  if (told !== pos) trigger('scrub', {index: pos});
  told = pos;
};
const later = (what, ms) => { clearTimeout(timer); timer = setTimeout(what, ms); };
const say = text => { if (spoken.textContent !== text) spoken.textContent = text; };
let saidAt = 0;
const progress = () => {
  const now = performance.now();
  if (film.done || now - saidAt < 4000) return;
  saidAt = now;
  say(`step ${stepOf(pos)} of ${totalOf()}`);
};

const ACTIONS = {
  first: () => { stop(); go(0); }, prev: () => { stop(); go(pos - 1); }, play: () => (playing ? (stop(), commit()) : play()),
  next: () => { stop(); go(pos + 1); }, last: () => { stop(); go(Infinity); },
};
Object.entries(button).forEach(([name, one]) => one.addEventListener('click', () => ACTIONS[name]()));
slider.addEventListener('input', () => { stop(); if (film?.frames.length) { jump(+slider.value); redrawNow(); } });
slider.addEventListener('change', () => { if (film?.frames.length) go(+slider.value); });
find('speed').addEventListener('change', event => { speed = +event.target.value; });
const redrawNow = () => { paint ??= readPaint(find('probe')); showTransport(); };

const KEYS = {' ': 'play', ArrowLeft: 'prev', ArrowRight: 'next', Home: 'first', End: 'last'};
root.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const tag = event.target.tagName, onButton = tag === 'BUTTON' || tag === 'SUMMARY';
  const menu = root.querySelector('details');
  if (event.key === 'Escape' && menu.open) { menu.open = false; menu.querySelector('summary').focus(); return; }
  if (event.key === '?' && !document.querySelector('dialog.atlas-keys')) { find('keys').hidden = !find('keys').hidden; return; }
  const name = KEYS[event.key];
  if (!name || tag === 'SELECT' || (onButton && event.key === ' ') || menu.contains(event.target)) return;
  event.preventDefault();
  event.stopPropagation();
  ACTIONS[name]();
});

// ---- export -----------------------------------------------------------------------------------------------------
const MOST_FRAMES = 300, MOST_SIDE = 2000; // pictures of a GIF; pixels of an export
const nameOf = ending => {
  const recipe = film.recipe || {}, run = String(recipe.run || 'film').replace(/[^a-z0-9]+/gi, '-');
  return `${run}-seed-${recipe.seed ?? 0}${ending}`;
};

const decoded = index => Promise.all([...lanes.values()].flatMap(lane => {
  const parts = lane.sample.kind === 'pictures' ? [search(index, frame => frame.lanes?.[lane.title])[0]]
    : [search(index, frame => frame.lanes?.[lane.title]?.layers.find(one => one.as === 'heat'))[0]];
  return parts.filter(Boolean).map(part => picture(part)?.decode().catch(() => {}));
}));

const arrange = () => { // where each lane and chart goes on the exported picture, in device pixels
  const px = n => Math.round(n * dots), gap = px(24), edge = px(16), head = px(24), boxes = [];
  const wide = Math.max(px(640), ...[...lanes.values()].map(lane => lane.canvas.width)) + 2 * edge;
  let [x, y, row, right] = [edge, edge, 0, px(320)];
  for (const one of [...lanes.values(), ...charts.values()]) {
    const {width, height} = one.canvas;
    if (x > edge && x + width > wide - edge) { x = edge; y += row + gap; row = 0; }
    boxes.push({one, x, y, width, height});
    [x, row, right] = [x + width + gap, Math.max(row, height + head), Math.max(right, x + width)];
  }
  return {boxes, head, edge, width: right + edge, height: y + row + px(64)};
};

const compose = async (index, plan, canvas) => { // the whole stage at a frame, on a canvas of its own
  await decoded(index);
  const g = canvas.getContext('2d', {willReadFrequently: true}), shrink = Math.min(1, MOST_SIDE / plan.width, MOST_SIDE / plan.height);
  canvas.width = Math.floor(plan.width * shrink); canvas.height = Math.floor(plan.height * shrink);
  g.fillStyle = paint.surface.startsWith('rgba') ? (paint.dark ? '#16181c' : '#ffffff') : paint.surface;
  g.fillRect(0, 0, canvas.width, canvas.height);
  g.scale(shrink, shrink);
  g.imageSmoothingEnabled = shrink < 1;
  g.textBaseline = 'top';
  const text = (words_, x, y, colour, width) => { g.fillStyle = colour; g.font = `${13 * dots}px ${FONT}`; g.fillText(words_, x, y, width); };
  for (const {one, x, y, width, height} of plan.boxes) {
    const own = Object.assign(make('canvas'), {width, height}), h = own.getContext('2d');
    one.sample ? drawLane(one, index, h) : drawChart(one, index, h);
    text(one.title + (one.unit ? `, ${one.unit}` : ''), x, y, paint.ink, Math.max(width, 100 * dots));
    g.drawImage(own, x, y + plan.head);
  }
  const frame = search(index, one => one)[0];
  const said = (frame?.numbers || []).map(entry => `${entry.title} ${readable(entry.value, entry.digits)}${entry.unit ? ' ' + entry.unit : ''}`);
  const room = plan.width - 2 * plan.edge;
  text([`step ${readable(stepOf(index))} / ${readable(totalOf())}`, ...said].join('   '), plan.edge, plan.height - 52 * dots, paint.ink, room);
  text(`${film.recipe?.run || ''}, seed ${film.recipe?.seed ?? 0}`, plan.edge, plan.height - 28 * dots, paint.muted, room);
  return g;
};

const EXPORTS = {
  png: async () => {
    const canvas = make('canvas');
    await compose(pos, arrange(), canvas);
    const blob = await new Promise(done => canvas.toBlob(done, 'image/png'));
    const png = new Uint8Array(await blob.arrayBuffer());
    save(pngWithText(png, 'recipe', JSON.stringify(film.recipe || {})), 'image/png', nameOf(`-step-${stepOf(pos)}.png`));
  },
  gif: async () => {
    const canvas = make('canvas'), plan = arrange(), every = Math.max(1, Math.ceil(film.frames.length / MOST_FRAMES));
    const which = film.frames.map((_, k) => k).filter(k => k % every === 0 || k === film.frames.length - 1).slice(-MOST_FRAMES);
    const pixels = async k => { const g = await compose(which[k], plan, canvas); return g.getImageData(0, 0, canvas.width, canvas.height).data; };
    await pixels(0);
    const gif = await makeGif(pixels, which.length, {
      width: canvas.width, height: canvas.height, delay: interval() * every, comment: JSON.stringify(film.recipe || {}),
      progress: share => { find('note').textContent = `GIF ${Math.round(100 * share)} %`; },
    });
    save(gif, 'image/gif', nameOf('.gif'));
  },
  webm: async () => {
    const made = make('canvas'), plan = arrange(), count = film.frames.length;
    const frame = async k => { await compose(k, plan, made); return made; };
    await frame(0);
    const progress = share => { find('note').textContent = `Video ${Math.round(100 * share)} %`; };
    const film_ = await makeVideo(frame, count, {width: made.width, height: made.height, delay: interval() / speed, progress});
    save(film_, film_.type, nameOf(film_.type.includes('mp4') ? '.mp4' : '.webm'));
  },
  json: async () => save(JSON.stringify(film.recipe || {}, null, 2), 'application/json', nameOf('.json')),
};

let exporting = false;
root.querySelectorAll('.film-menu button').forEach(one => one.addEventListener('click', async () => {
  root.querySelector('details').open = false;
  if (exporting || !film?.frames.length) { say(exporting ? 'An export is being made; wait for it.' : 'There is nothing to export yet; run something first.'); return; }
  exporting = true;
  try { stop(); fit(); await EXPORTS[one.dataset.as](); say('Exported'); find('note').textContent = film.note || ''; }
  catch (error) { console.error(error); find('note').textContent = 'The export failed; try PNG, or fewer frames.'; }
  exporting = false;
}));
document.addEventListener('click', event => { const menu = root.querySelector('details'); if (menu.open && !menu.contains(event.target)) menu.open = false; });

// ---- life -------------------------------------------------------------------------------------------------------
new ResizeObserver(() => { dirty = true; wake(); }).observe(stage);
new MutationObserver(() => { paint = null; lanes.forEach(lane => { lane.keys = ''; }); dirty = true; wake(); }).observe(document.body, {attributes: true, attributeFilter: ['class', 'data-family', 'style']});
watch('value', absorb);
absorb();
