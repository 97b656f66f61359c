// A melody as text in ABC, with a piano that writes it, a small roll of it, and its sound.
// The server answers server.tune({abc} or {midi}) -> {notes, steps, step_s, abc} or {error}.

import {adopt, mounted, recoloured, resized, textOf} from '../dom.js';
import pads from '../pads/pads.css' with {type: 'css'};
import {played, rendered, struck} from './sound.js';
import sheet from './tune.css' with {type: 'css'};

const NAMES = ['C', '^C', 'D', '^D', 'E', 'F', '^F', 'G', '^G', 'A', '^A', 'B'], MIDDLE = 60, PAUSE_MS = 1500;

const unitsOf = steps => { // of an eighth
  if (steps === 2) return '';
  if (steps % 2 === 0) return String(steps / 2);
  return (steps === 1 ? '' : steps) + '/';
};
/** Notes [[pitch or null, steps], ...] in ABC, as genai_demo.inputs.abc writes them. */
const written = notes => {
  const sharp = new Set();
  return notes.map(([pitch, steps]) => {
    if (pitch === null) return 'z' + unitsOf(steps);
    const name = NAMES[pitch % 12], letter = name.at(-1), octave = Math.floor((pitch - MIDDLE) / 12);
    let sign = name.length > 1 ? '^' : '';
    if (sign) sharp.add(letter);
    else if (sharp.delete(letter)) sign = '=';
    const low = octave >= 1 ? letter.toLowerCase() + "'".repeat(octave - 1) : letter + ','.repeat(-octave);
    return sign + low + unitsOf(steps);
  }).join(' ');
};

/** @param {import('../types').Mount} mount */
export const tune = ({element, props, trigger, watch, server, SETTINGS}) => {
  adopt(pads);
  adopt(sheet);
  const signal = mounted(element), root = element.querySelector('.tunepad'), area = root.querySelector('textarea');
  const canvas = root.querySelector('canvas'), status = root.querySelector('.pad-status'), file = root.querySelector('input[type=file]');
  const button = name => root.querySelector(`[data-do=${name}]`);
  let base = '', own = [], heard = null, asked = 0, timer = 0, stop = null, length = 2;
  const down = new Map(); // pitch -> when it was pressed
  let origin = 0, ended = 0; // of what is played in time: when it began, and its last step

  const text = () => String(props.value ?? '');
  const say = (words, bad = false) => { status.textContent = words; status.classList.toggle('bad', bad); };

  const paint = () => {
    const dots = devicePixelRatio || 1, wide = canvas.clientWidth, high = canvas.clientHeight, g = canvas.getContext('2d');
    if (!wide) return;
    [canvas.width, canvas.height] = [wide * dots, high * dots];
    const style = getComputedStyle(root), notes = heard?.notes || [], steps = Math.max(32, heard?.steps || 0);
    const pitches = notes.map(one => one[2]), low = Math.min(60, ...pitches) - 1, span = Math.max(84, ...pitches) - low + 1;
    g.scale(dots, dots);
    g.fillStyle = style.getPropertyValue('--p-line');
    for (let k = 0; k < steps; k += 16) g.fillRect(Math.round(k / steps * wide), 0, 1, high);
    g.fillStyle = style.getPropertyValue('--p-ink');
    for (const [at, long, pitch] of notes) g.fillRect(at / steps * wide + 1, high - (pitch - low + 1) / span * high, Math.max(1, long / steps * wide - 1), Math.max(2, high / span));
  };

  const look = async () => { // what the engine makes of the text
    const mine = ++asked, now = text();
    if (!now.trim()) { heard = null; paint(); say('Play or write a melody, of 8 bars at most.'); return; }
    const answer = await server.tune({abc: now}).catch(() => null);
    if (mine !== asked) return;
    heard = answer && !answer.error ? answer : null;
    const few = own.length && own.length < 2 && !base;
    if (!heard) say(few ? 'One note; go on.' : answer?.error || 'The server does not answer; try again.', !few);
    else say(`${heard.notes.length} notes, ${Math.ceil(heard.steps / 16)} bar${heard.steps > 16 ? 's' : ''}`);
    button('listen').disabled = !heard;
    paint();
  };
  const soon = (ms = 150) => { clearTimeout(timer); timer = window.setTimeout(look, ms); };

  const put = (now, wait = 150) => {
    props.value = now;
    if (area.value !== now) area.value = now;
    trigger('input', {});
    soon(wait);
  };
  const joined = () => [base, written(own)].filter(Boolean).join(' | ');
  const anew = now => { base = now.trim(); own = []; ended = 0; };

  // ---- the piano --------------------------------------------------------------------------------------------------
  const add = (pitch, steps) => { own.push([pitch, Math.max(1, steps)]); put(joined(), 60); };
  const press = pitch => {
    if (down.has(pitch)) return;
    struck(pitch);
    down.set(pitch, performance.now());
    root.querySelector(`[data-pitch="${pitch}"]`)?.classList.add('down');
    if (length) add(pitch, length);
  };
  const release = pitch => {
    const began = down.get(pitch);
    if (began === undefined) return;
    down.delete(pitch);
    root.querySelector(`[data-pitch="${pitch}"]`)?.classList.remove('down');
    if (length) return;
    const step = 1000 * SETTINGS.step, at = () => Math.round((began - origin) / step);
    if (!own.length || began - (origin + ended * step) > PAUSE_MS) origin = began - ended * step; // after a pause it goes on at once
    if (at() > ended) own.push([null, at() - ended]);
    const start = Math.max(ended, at()), stopped = Math.max(start + 1, Math.round((performance.now() - origin) / step));
    ended = stopped;
    add(pitch, stopped - start);
  };
  const keys = [...root.querySelectorAll('.tune-piano button')];
  for (const key of keys) {
    const pitch = +key.dataset.pitch;
    key.addEventListener('pointerdown', event => { key.setPointerCapture(event.pointerId); press(pitch); });
    for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) key.addEventListener(name, () => release(pitch));
    key.addEventListener('keydown', event => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); event.stopPropagation(); if (!event.repeat) press(pitch); } });
    key.addEventListener('keyup', () => release(pitch));
    key.addEventListener('blur', () => release(pitch));
  }
  const pitchOf = event => { const k = SETTINGS.typed.indexOf(event.key.toLowerCase()); return k < 0 || event.key.length > 1 || event.ctrlKey || event.metaKey || event.altKey ? 0 : MIDDLE + k; };
  const piano = root.querySelector('.tune-in');
  piano.addEventListener('keydown', event => { const pitch = pitchOf(event); if (pitch) { event.preventDefault(); event.stopPropagation(); if (!event.repeat) press(pitch); } });
  piano.addEventListener('keyup', event => { const pitch = pitchOf(event); if (pitch) { event.stopPropagation(); release(pitch); } });
  const lengths = [...root.querySelectorAll('[data-length]')];
  for (const one of lengths) {
    one.addEventListener('click', () => { length = +one.dataset.length; lengths.forEach(other => other.setAttribute('aria-pressed', String(other === one))); });
  }

  // ---- the rest ---------------------------------------------------------------------------------------------------
  const listen = async () => {
    if (stop) { stop(); return; }
    if (!heard) return;
    const now = heard, buffer = await rendered(now.notes, now.steps, now.step_s);
    root.buffer = buffer;
    button('listen').textContent = 'Stop';
    stop = played(buffer, {over: () => { stop = null; button('listen').textContent = 'Listen'; }});
  };
  const brought = async () => {
    const [one] = file.files || [];
    file.value = '';
    if (!one) return;
    if (one.size > SETTINGS.most) { say(`The file has ${one.size.toLocaleString('en')} bytes; the limit is ${SETTINGS.most.toLocaleString('en')}, export the melody alone.`, true); return; }
    const answer = await server.tune({midi: textOf(new Uint8Array(await one.arrayBuffer()))}).catch(() => null);
    if (!answer || answer.error) { say(answer?.error || 'The server does not answer; try again.', true); return; } // what was there stays
    anew(answer.abc);
    put(answer.abc, 0);
  };
  button('listen').addEventListener('click', listen);
  button('rest').addEventListener('click', () => add(null, length || 2));
  button('clear').addEventListener('click', () => { anew(''); put('', 0); });
  button('undo').addEventListener('click', () => {
    if (own.length) own.pop();
    else base = base.replace(/\s*[^\s|]+[\s|]*$/, '');
    ended = own.reduce((sum, [, steps]) => sum + steps, 0);
    put(joined(), 0);
  });
  button('file').addEventListener('click', () => file.click());
  file.addEventListener('change', brought);
  root.querySelector('.tune-examples')?.addEventListener('change', event => {
    const chosen = /** @type {HTMLSelectElement} */ (event.target);
    if (chosen.value) { anew(chosen.value); put(chosen.value, 0); chosen.value = ''; }
  });
  area.addEventListener('input', () => { anew(area.value); put(area.value, 400); });
  area.addEventListener('keydown', event => event.stopPropagation());
  watch('value', () => { if (area.value !== text()) { anew(text()); area.value = text(); soon(0); } });
  resized(signal, canvas, paint);
  recoloured(signal, paint);
  signal.addEventListener('abort', () => stop?.(), {once: true});
  anew(text());
  area.value = text();
  const seen = new IntersectionObserver(entries => { if (entries.some(one => one.isIntersecting)) { seen.disconnect(); look(); } }); // who opens another bench asks nothing
  seen.observe(root);
};
