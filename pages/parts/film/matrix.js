// Labelled matrices: one large map of shades on a canvas and, where there are several, small ones to choose from.

const MAP = {label: 92, tall: 420, cell: 34, small: 104, many: 64, font: 11}; // CSS pixels, at most
const NUMBERED = {...MAP, label: 150, cell: 56, icon: 44, least: 26}; // of one whose cells say their numbers
const hues = () => (paint.dark ? {low: [240, 138, 75], none: [30, 33, 37], high: [86, 180, 233]}
  : {low: [213, 94, 0], none: [247, 248, 249], high: [0, 114, 178]});

const cellsOf = packed => { // Float32Array, k * h * w
  if (!images.has(packed)) images.set(packed, numbersOf(packed).map(value => value / 2 * packed.scale));
  return images.get(packed);
};
const cellAt = (packed, map, row, column) => cellsOf(packed)[(map * packed.shape[1] + row) * packed.shape[2] + column];
const barred = (packed, row, column) => packed.triangle && column > row + Math.max(0, packed.whole[1] - packed.whole[0]);

const shareAt = (packed, value) => { // -1 to 1
  if (packed.signed) return value / packed.scale;
  const low = Math.min(0, packed.low);
  return (value - low) / (packed.high - low || 1);
};

const mapImages = new WeakMap(); // packed -> {theme, images}, one canvas of h x w pixels a map
const mapImage = (packed, map) => {
  const theme = paint.dark ? 'dark' : 'light';
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

const elided = (g, text, width) => {
  const label = labelled(text);
  if (g.measureText(label).width <= width) return label;
  let length = Math.min(label.length, 24);
  while (length > 1 && g.measureText(label.slice(0, length) + '\u2026').width > width) length--;
  return label.slice(0, length) + '\u2026';
};

const labelSpace = (g, texts, most) => Math.ceil(Math.min(most * dots, Math.max(8 * dots, ...texts.map(text => g.measureText(labelled(text)).width))) + 8 * dots);

// Where things are, in device pixels, for the largest matrix of the film, so that nothing moves from frame to frame.
const mapPlan = (g, most, width) => {
  g.font = `${MAP.font * dots}px ${FONT}`;
  const is = most.cells ? NUMBERED : MAP;
  const left = most.icons ? Math.ceil((NUMBERED.icon + 8) * dots) : labelSpace(g, most.rows, is.label), top = labelSpace(g, most.columns, is.label);
  const cell = Math.max(2, Math.floor(Math.min((width * dots - left - 2) / most.w, is.tall * dots / most.h, is.cell * dots)));
  return {left, top, cell, width: left + cell * most.w + 2, height: top + cell * most.h + 2};
};

const drawLarge = (g, packed, map, plan, hover) => {
  const [, h, w] = packed.shape, {left, top, cell} = plan;
  g.clearRect(0, 0, plan.width, plan.height);
  g.imageSmoothingEnabled = false;
  if (packed.triangle) hatch(g, left, top, cell * w, cell * h);
  g.drawImage(mapImage(packed, map), left, top, cell * w, cell * h);
  g.strokeStyle = paint.line; g.lineWidth = Math.max(1, Math.round(dots));
  g.strokeRect(left - 0.5, top - 0.5, cell * w + 1, cell * h + 1);
  if (hover?.column === null) shadeColumns(g, packed, map, hover.row, plan);
  g.font = `${MAP.font * dots}px ${FONT}`;
  if (packed.cells) cellNumbers(g, packed, map, plan);
  if (!rowIcons(g, packed, plan, hover?.row)) sideLabels(g, packed.rows, h, plan, hover?.row, (at, text, strong) => {
    g.textAlign = 'right'; g.textBaseline = 'middle';
    labelOn(g, text, left - 6 * dots, at, strong, plan.left);
  });
  sideLabels(g, packed.columns, w, {...plan, top: left}, hover?.column, (at, text, strong) => {
    g.save(); g.translate(at, top - 6 * dots); g.rotate(-Math.PI / 2);
    g.textAlign = 'left'; g.textBaseline = 'middle';
    labelOn(g, text, 0, 0, strong, plan.top);
    g.restore();
  });
  if (!hover) return;
  g.strokeStyle = paint.ink; g.lineWidth = Math.max(1, Math.round(dots));
  if (hover.column === null) g.strokeRect(left - 0.5, top + hover.row * cell - 0.5, cell * w + 1, cell + 1);
  else g.strokeRect(left + hover.column * cell - 0.5, top + hover.row * cell - 0.5, cell + 1, cell + 1);
};

const iconsOf = packed => packed.icons && search(pos, frame => frame.lanes?.[packed.icons])[0]; // the lane with a picture for each row
const iconsReady = packed => !packed.icons || picture(iconsOf(packed) || {})?.complete;
const rowIcons = (g, packed, {left, top, cell}, marked) => { // false where there are none, or they are not decoded yet
  const lane = iconsOf(packed), image = lane && picture(lane), side = Math.min(cell - 2, NUMBERED.icon * dots);
  if (!image?.complete || !image.naturalWidth) return false;
  g.save();
  g.imageSmoothingEnabled = true;
  g.imageSmoothingQuality = 'high';
  for (let k = 0; k < Math.min(lane.n, packed.shape[1]); k++) {
    const from = [k % lane.columns * lane.w, Math.floor(k / lane.columns) * lane.h], at = [left - 6 * dots - side, top + k * cell + (cell - side) / 2];
    g.drawImage(image, ...from, lane.w, lane.h, ...at, side, side);
    g.strokeStyle = k === marked ? paint.ink : paint.line;
    g.strokeRect(at[0] - 0.5, at[1] - 0.5, side + 1, side + 1);
  }
  g.restore();
  return true;
};

const cellNumbers = (g, packed, map, {left, top, cell}) => {
  const [, h, w] = packed.shape;
  if (cell < NUMBERED.least * dots) return;
  const shades = hues(), light = colour => 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2] > 140;
  g.textAlign = 'center'; g.textBaseline = 'middle';
  for (let row = 0; row < h; row++) {
    for (let column = 0; column < w; column++) {
      const value = cellAt(packed, map, row, column), share = shareAt(packed, value), end = share < 0 ? shades.low : shades.high;
      const under = shades.none.map((none, c) => none + Math.min(1, Math.abs(share)) * (end[c] - none));
      g.fillStyle = light(under) ? '#1b1d1f' : '#ffffff';
      g.fillText(value.toFixed(2).replace('-', '\u2212'), left + (column + 0.5) * cell, top + (row + 0.5) * cell);
    }
  }
};

const sideLabels = (g, texts, count, {top, cell}, marked, write) => { // as many as there is room for, and the marked one
  const every = Math.max(1, Math.ceil((MAP.font + 2) * dots / cell));
  for (let k = 0; k < count; k++) {
    const crowded = marked !== undefined && marked !== null && k !== marked && Math.abs(k - marked) < every;
    if ((k % every === 0 && !crowded) || k === marked) write(top + (k + 0.5) * cell, texts[k], k === marked);
  }
};
const labelOn = (g, text, x, y, strong, room) => {
  g.fillStyle = strong ? paint.ink : paint.muted;
  g.fillText(elided(g, text, room - 8 * dots), x, y);
};

const hatch = (g, x, y, width, height) => { // where a position may not look
  g.save();
  g.beginPath(); g.rect(x, y, width, height); g.clip();
  g.beginPath();
  for (let at = -height; at < width; at += 6 * dots) { g.moveTo(x + at, y + height); g.lineTo(x + at + height, y); }
  g.strokeStyle = paint.line; g.lineWidth = Math.max(1, Math.round(dots * 0.75)); g.stroke();
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

const cutSaid = ({shape, whole}) => {
  const parts = ['rows', 'columns'].map((name, k) => (whole[k] > shape[k + 1] ? `${shape[k + 1]} of ${whole[k]} ${name}` : ''));
  return parts.some(Boolean) ? ` Drawn: ${parts.filter(Boolean).join(', ')}.` : '';
};

const hoverAt = (lane, event) => {
  const box = lane.canvas_.getBoundingClientRect(), {left, top, cell} = lane.plan, [, h, w] = lane.drawn.shape;
  const column = Math.floor(((event.clientX - box.left) * dots - left) / cell), row = Math.floor(((event.clientY - box.top) * dots - top) / cell);
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
  say(lane.read.textContent);
};

TEXT.matrix = {
  make: lane => {
    const big = make('div', 'film-big');
    Object.assign(lane, {canvas_: make('canvas'), maps: make('div', 'film-maps'), read: make('p', 'film-read'), chosen: 0, most: null});
    lane.canvas_.tabIndex = 0;
    lane.canvas_.setAttribute('role', 'img');
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
      if (one) { lane.chosen = [...lane.maps.children].indexOf(one); lane.drawn = null; dirty = true; wake(); }
    });
  },
  reset: lane => Object.assign(lane, {hover: null, pinned: null}),
  see: (lane, {shape: [k, h, w], rows, columns, cells, icons}) => { // the largest of the run; its labels decide the margins
    if (lane.seen !== film.run) [lane.seen, lane.most] = [film.run, null];
    const most = lane.most ??= {k: 0, h: 0, w: 0, rows: [], columns: []}, long = (a, b) => (b.length > a.length ? b : a);
    if (k > most.k || h > most.h || w > most.w) [fitted, lane.drawn] = ['', null];
    Object.assign(most, {k: Math.max(k, most.k), h: Math.max(h, most.h), w: Math.max(w, most.w)});
    Object.assign(most, {cells, icons});
    most.rows = [rows.concat(most.rows).reduce(long, '')];
    most.columns = [columns.concat(most.columns).reduce(long, '')];
  },
  fit: lane => {
    lane.figure.classList.toggle('film-one', lane.most.k === 1);
    const {most} = lane, width = Math.max(160, lane.figure.clientWidth), beside = most.k > 1 && width >= 600;
    lane.plan = mapPlan(lane.canvas_.getContext('2d'), most, beside ? Math.floor(width * 0.62) - 24 : width);
    sized(lane.canvas_, lane.plan.width, lane.plan.height);
    lane.small = Math.max(1, Math.floor((most.k > 12 || !beside ? MAP.many : MAP.small) * dots / Math.max(most.h, most.w)));
    lane.body.classList.toggle('beside', beside);
    lane.drawn = null;
  },
  show: (lane, packed) => {
    const theme = paint.dark, ready = iconsReady(packed);
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
  canvas.style.width = width / dots + 'px';
  canvas.style.height = height / dots + 'px';
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
