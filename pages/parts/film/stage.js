// The film strip's stage: the elements of the lanes and charts, their sizes, and what a frame paints on them.
// It works on the state of _filmstrip.js (film, lanes, charts, numbers, pos, fitted, dots, paint).

// ---- what is drawn, and where -----------------------------------------------------------------------------------
const ensure = packed => { // the elements for the lanes, charts and bars of a frame
  const named = Object.keys(packed.lanes || {});
  for (const [title, lane] of Object.entries(packed.lanes || {})) {
    const shape = TEXT[lane.kind] ? lane.kind : [lane.kind, lane.n, lane.columns, lane.w, lane.h].join();
    const old = lanes.get(title);
    if (old && old.shape.split(',')[0] === lane.kind) {
      if (old.shape !== shape || old.stale) fitted = '';
      Object.assign(old, {shape, sample: lane, stale: false});
    } else {
      old?.figure.remove();
      lanes.set(title, laneElement(title, lane, shape, named));
      fitted = '';
    }
    lanes.get(title).text?.see?.(lanes.get(title), lane);
  }
  for (const entry of packed.numbers || []) {
    if (entry.chart) chartFor('curve', entry.chart, entry).series.set(entry.name, entry.title);
  }
  for (const [title, bars] of Object.entries(packed.bars || {})) chartFor('bars', title, bars);
};

const laneElement = (title, sample, shape, named) => { // it stands where its frame has it, among those that came before too
  const lane = TEXT[sample.kind] ? textElement(title, sample, shape) : canvasElement(title, sample, shape);
  const at = named.indexOf(title), there = name => (name === title ? null : lanes.get(name)?.figure);
  const before = named.slice(0, at).map(there).findLast(Boolean), after = named.slice(at + 1).map(there).find(Boolean);
  const last = [...stage.querySelectorAll(':scope > .film-lane:not(.film-chart)')].at(-1);
  if (before) before.after(lane.figure);
  else if (after) after.before(lane.figure);
  else last ? last.after(lane.figure) : stage.prepend(lane.figure);
  return lane;
};

const canvasElement = (title, sample, shape) => {
  const figure = make('figure', 'film-lane'), caption = make('figcaption'), canvas = make('canvas');
  const from = make('span', 'from');
  canvas.setAttribute('role', 'img');
  caption.append(make('span', '', title), from);
  figure.append(caption, canvas);
  const lane = {figure, caption, canvas, from, title, sample, shape, stale: false, keys: ''};
  if (sample.pick) canvas.addEventListener('click', event => pickPicture(lane, event));
  canvas.classList.toggle('pickable', Boolean(sample.pick));
  if (sample.pick) canvas.title = 'Click a picture to go on from it';
  return lane;
};

const pickPicture = (lane, event) => {
  const [packed, k] = search(pos, frame => frame.lanes?.[lane.title]), {c, scale, gap} = lane.fit || {};
  if (!packed || !scale) return;
  const box = lane.canvas.getBoundingClientRect(), ratio = lane.canvas.width / box.width;
  const [column, row] = [(event.clientX - box.left) / (lane.sample.w * scale + gap), (event.clientY - box.top) / (lane.sample.h * scale + gap)].map(x => Math.floor(x * ratio));
  const place = row * c + column;
  if (column >= c || place >= packed.n) return;
  stop();
  pick(lane, k, place, {text: ''});
};

const resized = new ResizeObserver(entries => { // what stands beside a chart may come later and make it wider or narrower
  if (entries.some(({target}) => target.width !== Math.round(target.clientWidth * dots))) { fitted = ''; dirty = true; wake(); }
});

const chartFor = (kind, title, about) => {
  const id = kind + title;
  if (charts.has(id)) { charts.get(id).stale = false; return charts.get(id); }
  const figure = make('figure', `film-lane film-chart film-${kind}`), canvas = make('canvas'), caption = make('figcaption');
  caption.append(make('span', '', title), make('span', 'unit', about.unit || ''));
  canvas.setAttribute('role', 'img');
  figure.append(caption, canvas);
  if (about.note) figure.append(make('p', 'film-note-under', about.note));
  stage.append(figure);
  resized.observe(canvas);
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
  const width = roomy ||= Math.floor(stage.clientWidth); // kept until the stage changes: to ask is to lay out the page
  if (!width) return false;
  const now = `${width} ${devicePixelRatio} ${innerHeight}`;
  if (fitted === now) return true;
  [fitted, dots] = [now, devicePixelRatio || 1];
  const [texts, all] = [true, false].map(text => [...lanes.values()].filter(lane => Boolean(lane.text) === text)), small = width < 560;
  const least = lane => (lane.sample.kind === 'plane' ? 250 : small ? 140 : 190);
  const narrow = all.filter(lane => {
    const full = lane.sample.kind === 'pictures' && fitPictures(lane.sample, Math.min(width, 320), 400, dots, 1e4).smooth;
    lane.figure.classList.toggle('wide', full && lanes.size > 1);
    return !full;
  });
  const room = Math.max(1, Math.floor((width + 24) / (Math.max(1, ...narrow.map(least)) + 24)));
  const rows = Math.ceil(narrow.length / room), per = Math.max(1, Math.ceil(narrow.length / Math.max(1, rows)));
  const cell = Math.floor((width - 24 * (per - 1)) / per);
  const tall = Math.max(200, Math.min(420, innerHeight * (rows > 1 ? 0.34 : 0.46)));
  for (const lane of all) size(lane, narrow.includes(lane) ? cell : width, tall);
  for (const lane of texts) lane.text.fit?.(lane);
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
  const parts = shown.length > 1 ? shown.map(kind => [kind, layers[kind].called || kind, colour[kind]]) : [];
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
  for (const lane of lanes.values()) { // a frame without such a lane: no gap
    const gone = Boolean(lane.text && !lane.sample.grows && !lane.sample.keeps && frame && !frame.lanes?.[lane.title]);
    if (lane.figure.hidden !== gone) [lane.figure.hidden, fitted] = [gone, ''];
  }
  if (!fit()) return false;
  let ready = true;
  for (const lane of lanes.values()) {
    const [drawn, from] = lane.text ? [true, showText(lane, pos)] : drawLane(lane, pos, lane.canvas.getContext('2d'));
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
