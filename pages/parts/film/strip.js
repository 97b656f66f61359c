// The film strip in the browser: keeps the frames of a run, paints the current one, plays, scrubs, exports.
// Given by Gradio: element, props, trigger, watch. Given by the page: CSS, the drawing and the export functions.

const KEPT = window.atlasFilms ??= new Map(); // run -> film, so that a strip that was taken off the page comes back whole
const MOST_KEPT = 24;

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
let dots = 1, paint = null, fitted = '', roomy = 0;

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

const copied = packed => JSON.parse(JSON.stringify(packed ?? null)); // what Gradio gives is watched, and slow to read
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
  for (const name of ['badge', 'recipe', 'note', 'link']) if (value[name] !== undefined) film[name] = value[name];
  if (value.total > 0) film.total = value.total;
  if (value.append) {
    const from = Number.isInteger(value.index) ? value.index : film.frames.length;
    [typeof value.append === 'string' ? JSON.parse(value.append) : copied(value.append)].flat().forEach((packed, k) => put(from + k, packed));
    if (value.held) { jump(film.frames.length - 1); follow = true; } // a training taken up again: on with it
  }
  if (Array.isArray(value.frames)) {
    const first = !film.frames.length;
    value.frames.forEach((packed, k) => { if (!film.frames[k]) put(k, copied(packed)); });
    if (first && fresh && value.done) autoplay();
    else if (first) { jump(film.frames.length - 1); follow = true; }
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

root.bring = (run, index) => { // an earlier film of this page, at one of its steps; nothing where it is gone
  const kept = KEPT.get(run);
  if (!kept) return;
  if (film !== kept) {
    const {badge, recipe, note, link} = kept;
    props.value = {run, badge, recipe, note, link, done: true, index};
    absorb();
  }
  go(index);
};

const autoplay = () => {
  const last = film.frames.length - 1;
  if (still.matches || last < 1) { jump(last); return; }
  jump(0);
  play();
};

// ---- the transport --------------------------------------------------------------------------------------------------
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
  tell();
  if (ready && pos !== +root.dataset.painted) { root.dataset.painted = pos; root.dispatchEvent(new CustomEvent('painted', {detail: pos})); }
};

let saidShown = '';
const tell = () => { // for the page's own buttons (root.shown) and parts beside the strip that follow what is shown
  root.shown = null;
  if (!film) return;
  const detail = {run: film.run, recipe: film.recipe, frames: film.frames, index: pos, done: film.done, badge: film.badge};
  root.shown = {...detail, numbers: film.frames[pos]?.numbers || []};
  const now = [film.run, pos, film.frames.length, film.done, film.badge].join('|');
  root.told = detail; // for a part that comes later
  if (saidShown !== now) root.dispatchEvent(new CustomEvent('film-shown', {bubbles: true, detail}));
  saidShown = now;
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
  try { if (dirty) redraw(); } finally { // a picture that can't be drawn does not stop the film
    if (playing || (follow && film && pos < film.frames.length - 1)) wake();
  }
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

// ---- export ---------------------------------------------------------------------------------------------------------
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
new ResizeObserver(entries => {
  const width = Math.floor(entries.at(-1).contentRect.width);
  if (width === roomy) return;
  [roomy, dirty] = [width, true];
  wake();
}).observe(stage);
new MutationObserver(() => { paint = null; lanes.forEach(lane => { lane.keys = ''; }); dirty = true; wake(); }).observe(document.body, {attributes: true, attributeFilter: ['class', 'data-family', 'style']});
watch('value', absorb);
absorb();
