// The film strip in the browser: keeps the frames of a run, paints the current one, plays, scrubs, exports.

import {adopt, ended, mounted, recoloured, resized} from '../dom.js';
import {readPaint} from './draw.js';
import {FILM_KEYS} from '../keys.js';
import {exporters} from './export.js';
import sheet from './film.css' with {type: 'css'};
import {mapsOn} from './map.js';
import {matrixLane} from './matrix.js';
import {ranksOf} from './ranks.js';
import {showing} from './show.js';
import {stageOf} from './stage.js';
import {stepsOf} from './steps.js';
import {textLanes} from './text.js';
import {textPainter} from './textdraw.js';
import {workOf} from './work.js';
import written_ from './written.css' with {type: 'css'};

const FILMS = new Map(); // run -> film, so that a strip that was taken off the page comes back whole
const MOST_KEPT = 24;
const pictured = frame => Object.values(frame?.lanes || {}).flatMap(lane =>
  (lane.kind === 'pictures' ? [lane] : (lane.layers || []).filter(layer => layer.as === 'heat')));

const written = frame => Object.values(frame?.lanes || {}).some(lane => lane.grows); // of a burst of tokens the last holds all

const copied = packed => JSON.parse(JSON.stringify(packed ?? null)); // what Gradio gives is watched, and slow to read

/** @param {import('../types').Mount} mount */
export const film = ({element, props, trigger, watch}) => {
  adopt(sheet);
  adopt(written_);
  const root = element.querySelector('.film'), find = name => root.querySelector('.film-' + name);
  const slider = root.querySelector('input'), stage = find('stage'), at = find('at'), spoken = find('spoken');
  const button = Object.fromEntries([...root.querySelectorAll('.film-buttons button')].map(one => [one.dataset.do, one]));
  const still = matchMedia('(prefers-reduced-motion: reduce)');

  const s = /** @type {import('../types').Strip} */ (/** @type {unknown} */ ({ // each part's functions are added below
    film: null, lanes: new Map(), charts: new Map(), numbers: new Map(), images: new WeakMap(), // lane or layer -> Image or numbers
    pos: -1, follow: true, playing: false, due: 0, speed: 1, waiting: 0, dirty: false, moved: 0,
    dots: 1, paint: null, fitted: '', roomy: 0, foot: 0, over: Infinity, tall: Infinity, signal: mounted(element), root, stage, find, trigger,
  }));

  // ---- frames come in ---------------------------------------------------------------------------------------------
  const picture = part => {
    let image = s.images.get(part);
    if (!image && typeof part.src === 'string' && /^data:image\/(png|webp);base64,/.test(part.src)) {
      image = new Image();
      image.onload = () => { s.dirty = true; wake(); };
      image.src = part.src;
      s.images.set(part, image);
    }
    return image;
  };
  const keep = () => {
    FILMS.delete(s.film.run);
    FILMS.set(s.film.run, s.film);
    while (FILMS.size > MOST_KEPT) FILMS.delete(FILMS.keys().next().value);
  };

  const begin = value => {
    const kept = FILMS.get(value.run);
    s.film = kept || {run: value.run, frames: [], total: null, done: false};
    [s.pos, s.follow, s.playing, s.numbers, s.foot] = [-1, true, false, new Map(), find('foot').offsetHeight];
    s.lanes.forEach(lane => { lane.stale = true; });
    s.charts.forEach(chart => { chart.stale = true; });
    find('numbers').replaceChildren();
    keep();
    if (kept) { s.film.frames.forEach(s.ensure); jump(Math.min(value.index ?? s.film.frames.length - 1, s.film.frames.length - 1)); }
  };

  /** @param {number} index @param {import('../types').PackedFrame} packed */
  const put = (index, packed) => {
    if (!packed || typeof packed !== 'object' || !(index >= 0 && index < 5000)) return;
    s.film.frames[index] = packed;
    s.ensure(packed);
    pictured(packed).forEach(picture);
    s.dirty = true;
  };

  const fetchFrames = async value => { // of a recording, which is a file of its own; something else may run meanwhile
    try {
      const {frames} = await (await fetch(value.from)).json(), {from, ...rest} = value;
      if (props.value?.run !== value.run || FILMS.has(value.run)) return;
      props.value = {...rest, frames, done: true};
      absorb();
    } catch (error) { console.warn('the recording did not come', error); }
  };

  const absorb = () => {
    const value = props.value;
    if (!value || typeof value !== 'object' || !value.run) { if (!s.film) redraw(); return; }
    if (value.from && !FILMS.has(value.run)) { fetchFrames(value); return; }
    const fresh = s.film?.run !== value.run;
    if (fresh) begin(value);
    for (const name of ['badge', 'note', 'link', 'made']) if (value[name] !== undefined) s.film[name] = value[name];
    if (value.recipe !== undefined) s.film.recipe = typeof value.recipe === 'string' ? JSON.parse(value.recipe) : value.recipe;
    if (value.total > 0) s.film.total = value.total;
    if (value.append && !s.film.halted) { // what was on its way as Stop was pressed comes too late
      const from = Number.isInteger(value.index) ? value.index : s.film.frames.length;
      [typeof value.append === 'string' ? JSON.parse(value.append) : copied(value.append)].flat().forEach((packed, k) => put(from + k, packed));
      if (value.held) { jump(s.film.frames.length - 1); s.follow = true; } // a training taken up again: on with it
    }
    if (Array.isArray(value.frames)) {
      const first = !s.film.frames.length;
      value.frames.forEach((packed, k) => { if (!s.film.frames[k]) put(k, copied(packed)); });
      if (first && fresh && value.done) autoplay();
      else if (first) { jump(s.film.frames.length - 1); s.follow = true; }
    }
    if (value.done && !s.film.done) {
      s.film.done = true;
      s.film.total = null;
      if (!s.playing && !(value.badge === 'recorded')) say(`Finished, ${s.words(s.film.frames.length - 1)}`);
    }
    if (value.frames || (value.append && value.done)) { // the page keeps the small part of the value; the frames live here
      const {frames, append, ...small} = value;
      props.value = {...small, index: Math.max(0, s.pos)};
    }
    s.dirty = true;
    wake();
  };

  root.bring = (run, index) => { // an earlier film of this page, at one of its steps; nothing where it is gone
    const kept = FILMS.get(run);
    if (!kept) return;
    if (s.film !== kept) {
      const {badge, recipe, note, link, made} = kept;
      props.value = {run, badge, recipe, note, link, made, done: true, index};
      absorb();
    }
    go(index);
  };

  const following = () => Boolean(s.film && !s.film.done && !s.film.halted && s.follow && s.film.frames.length > 1); // its frames are shown as they come

  const autoplay = () => {
    const last = s.film.frames.length - 1;
    if (still.matches || last < 1) { jump(last); return; }
    jump(0);
    play();
  };

  // ---- the transport --------------------------------------------------------------------------------------------------
  const showTransport = () => {
    const got = s.film ? s.film.frames.length : 0, last = got - 1, expected = s.film && !s.film.done && s.film.total && !jumps() ? s.film.total : got;
    const end = Math.max(1, Math.max(expected, got) - 1);
    slider.max = end;
    slider.disabled = got < 2;
    if (+slider.value !== Math.max(0, s.pos)) slider.value = Math.max(0, s.pos);
    slider.style.setProperty('--at', `${100 * Math.max(0, s.pos) / end}%`);
    slider.style.setProperty('--got', `${100 * Math.max(0, last) / end}%`);
    const place = got ? s.wordsOf(Math.max(0, s.pos)) : '';
    at.textContent = place;
    slider.setAttribute('aria-valuetext', place || 'no frames yet');
    const runs = s.playing || following();
    const off = {first: s.pos <= 0, prev: s.pos <= 0, next: s.pos >= last, last: s.pos >= last, play: got < 2};
    for (const name in off) {
      if (button[name].disabled !== off[name]) button[name].disabled = off[name];
    }
    if (root.dataset.playing !== String(runs)) {
      root.dataset.playing = String(runs);
      button.play.setAttribute('aria-label', runs ? 'Pause' : 'Play');
      button.play.querySelector('path').setAttribute('d', runs ? 'M5 4h4v12H5zM11 4h4v12h-4z' : 'M6 3.5v13l10.5-6.5z');
    }
    const badge = s.film?.badge || '', label = {live: 'Live', recorded: 'Recorded'}[badge] || '';
    if (find('badge').textContent !== label) { find('badge').textContent = label; find('badge').dataset.badge = badge; }
    if (find('badge').title !== (s.film?.made || '')) find('badge').title = s.film?.made || '';
    if (find('note').textContent !== (s.film?.note || '')) find('note').textContent = s.film?.note || '';
    find('empty').hidden = !!s.film;
    find('export').hidden = !got;
    s.showWork();
  };
  const jumps = () => s.film.frames.length > 1 && Number.isInteger(s.film.frames[1]?.index) && s.film.frames[1].index - (s.film.frames[0]?.index ?? 0) > 1;

  const redraw = () => {
    s.dirty = false;
    const ready = s.film && s.film.frames.length ? s.show() : true;
    showTransport();
    root.dataset.received = s.film ? s.film.frames.length : 0;
    root.dataset.done = Boolean(s.film?.done);
    root.dataset.step = s.film?.frames[s.pos]?.index ?? Math.max(s.pos, 0); // the run's own count, where frames were left out
    tell();
    if (ready && s.pos !== +root.dataset.painted) { root.dataset.painted = s.pos; root.dispatchEvent(new CustomEvent('painted', {detail: s.pos})); }
  };

  let saidShown = '';
  const tell = () => { // for the page's own buttons (root.shown) and parts beside the strip that follow what is shown
    root.shown = null;
    if (!s.film) return;
    const detail = {run: s.film.run, recipe: s.film.recipe, frames: s.film.frames, index: s.pos, done: s.film.done, badge: s.film.badge, link: s.film.link};
    root.shown = {...detail, numbers: s.film.frames[s.pos]?.numbers || []};
    const now = [s.film.run, s.pos, s.film.frames.length, s.film.done, s.film.badge].join('|');
    root.told = detail; // for a part that comes later
    if (saidShown !== now) root.dispatchEvent(new CustomEvent('film-shown', {bubbles: true, detail}));
    saidShown = now;
  };

  // ---- time -------------------------------------------------------------------------------------------------------
  const wake = () => { if (!s.waiting) s.waiting = requestAnimationFrame(tick); };

  const tick = now => {
    s.waiting = 0;
    if (!root.isConnected) return;
    s.paint ??= readPaint(find('probe'));
    const last = s.film ? s.film.frames.length - 1 : -1;
    if (s.playing) advance(now, last);
    else if (s.follow && s.pos < last) { // one frame a picture of the screen, so that none of a burst is lost; of text, or far behind, the last
      const next = last - s.pos > 12 || s.pos < 0 || written(s.film.frames[last]) ? last : s.pos + 1;
      const ready = pictured(s.film.frames[next]).every(part => picture(part)?.complete !== false);
      if ((ready || now - s.moved > 150) && (!still.matches || s.film.done || now - s.moved > 500)) { [s.pos, s.moved, s.dirty] = [next, now, true]; progress(); }
    }
    try { if (s.dirty) redraw(); } finally { // a picture that can't be drawn does not stop the film
      if (s.playing || (s.follow && s.film && s.pos < s.film.frames.length - 1)) wake();
    }
  };

  const advance = (now, last) => {
    if (now < s.due) return;
    if (s.pos >= last) { s.playing = false; s.dirty = true; if (s.film.done) commit(); return; }
    s.pos += 1;
    s.follow = s.pos === last;
    s.due = Math.max(s.due + interval() / s.speed, now - 100);
    s.dirty = true;
  };

  const interval = () => Math.max(1000 / 30, Math.min(250, 6000 / s.film.frames.length)); // ms: a film lasts about six seconds

  const jump = index => {
    const last = s.film.frames.length - 1;
    s.pos = Math.max(0, Math.min(last, index));
    s.follow = s.pos === last;
    s.dirty = true;
    wake();
  };

  // ---- what the visitor does --------------------------------------------------------------------------------------
  const play = () => {
    if (!s.film || s.film.frames.length < 2) return;
    const newest = s.pos >= s.film.frames.length - 1;
    if (newest && !s.film.done) { jump(s.pos); return; } // on with what comes
    if (newest) jump(0);
    [s.playing, s.follow, s.due, s.dirty] = [true, false, performance.now() + interval() / s.speed, true];
    wake();
  };
  const stop = () => { if (s.playing) { s.playing = false; s.dirty = true; wake(); } };
  const pause = () => { stop(); [s.follow, s.dirty] = [false, true]; wake(); commit(); }; // what is computed goes on to come

  const go = index => { // a step of the visitor's: shown at once, told once
    if (!s.film?.frames.length) return;
    jump(index);
    commit();
    later(() => say([s.wordsOf(), ...[...s.numbers.values()].map(one => one.dd.parentNode.textContent)].slice(0, 4).join(', ')), 500);
  };

  let timer = 0;
  const commit = () => {
    if (!s.film || s.pos < 0) return;
    const {frames, append, ...small} = props.value || {};
    if (s.film.done && small.run === s.film.run) props.value = {...small, index: s.pos};
  };
  const later = (what, ms) => { clearTimeout(timer); timer = setTimeout(what, ms); };
  const say = text => { if (spoken.textContent !== text) spoken.textContent = text; };
  let saidAt = 0;
  const progress = () => {
    const now = performance.now();
    if (s.film.done || now - saidAt < 4000) return;
    saidAt = now;
    say(s.wordsOf());
  };

  // ---- the parts ----------------------------------------------------------------------------------------------------
  Object.assign(s, {picture, wake, stop, go, say, interval}, stepsOf(s), {maps: mapsOn(s)}, textLanes(s));
  s.TEXT.matrix = matrixLane(s);
  Object.assign(s, stageOf(s), showing(s), textPainter(s), workOf(s));
  const exports = exporters(s);
  root.rank = ranksOf(s).rank;

  const ACTIONS = {
    first: () => { stop(); go(0); }, prev: () => { stop(); go(s.pos - 1); }, play: () => (s.playing || following() ? pause() : play()),
    next: () => { stop(); go(s.pos + 1); }, last: () => { stop(); go(Infinity); },
  };
  root.act = name => { if (!button[name].disabled) ACTIONS[name](); };
  Object.entries(button).forEach(([name, one]) => one.addEventListener('click', () => ACTIONS[name]()));
  slider.addEventListener('input', () => { stop(); if (s.film?.frames.length) { jump(+slider.value); redrawNow(); } });
  slider.addEventListener('change', () => { if (s.film?.frames.length) go(+slider.value); });
  find('speed').addEventListener('change', event => { s.speed = +event.target.value; });
  const redrawNow = () => { s.paint ??= readPaint(find('probe')); showTransport(); };

  root.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tag = event.target.tagName, onButton = tag === 'BUTTON' || tag === 'SUMMARY';
    const menu = root.querySelector('details');
    if (event.key === 'Escape' && menu.open) { menu.open = false; menu.querySelector('summary').focus(); return; }
    if (event.key === '?' && !document.querySelector('dialog.atlas-keys')) { find('keys').hidden = !find('keys').hidden; return; }
    const name = FILM_KEYS[event.key];
    if (!name || tag === 'SELECT' || (onButton && event.key === ' ') || menu.contains(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    ACTIONS[name]();
  });

  // ---- export ---------------------------------------------------------------------------------------------------------
  let exporting = false;
  root.querySelectorAll('.film-menu button').forEach(one => one.addEventListener('click', async () => {
    root.querySelector('details').open = false;
    if (exporting || !s.film?.frames.length) { say(exporting ? 'An export is being made; wait for it.' : 'There is nothing to export yet; run something first.'); return; }
    exporting = true;
    try { stop(); s.fit(); await exports[one.dataset.as](); say('Exported'); find('note').textContent = s.film.note || ''; }
    catch (error) { console.error(error); find('note').textContent = 'The export failed; try PNG, or fewer frames.'; }
    exporting = false;
  }));
  document.addEventListener('click', event => { const menu = root.querySelector('details'); if (menu.open && !menu.contains(event.target)) menu.open = false; }, {signal: s.signal});

  // ---- life -------------------------------------------------------------------------------------------------------
  resized(s.signal, stage, entries => {
    const width = Math.floor(entries.at(-1).contentRect.width);
    if (width === s.roomy) return;
    [s.roomy, s.foot, s.dirty] = [width, find('foot').offsetHeight, true]; // in another width its numbers take other lines
    wake();
  });
  resized(s.signal, find('foot'), () => { // of one film it only grows: numbers get longer on the way, and pictures must not jump
    const height = find('foot').offsetHeight;
    if (height <= s.foot) return;
    [s.foot, s.fitted, s.dirty] = [height, '', true];
    wake();
  });
  recoloured(s.signal, () => { s.paint = null; s.lanes.forEach(lane => { lane.keys = ''; }); s.dirty = true; wake(); });
  ended(s.signal, () => { cancelAnimationFrame(s.waiting); clearTimeout(timer); });
  watch('value', absorb);
  absorb();
};
