// The builder of scenes: things of the picture world on a square, dragged there from a tray or put there by a tap, and
// moved, recoloured, resized and deleted by pointer or keys. A scene goes in and out as text: "built:small red house 25 60;
// grey". What is drawn are the engine's own shapes (things.json).

import {adopt, clamp, make, makeButton, zoomOf} from '../dom.js';
import sheet from './scene.css' with {type: 'css'};

const SVG = 'http://www.w3.org/2000/svg', STEP = 2, DRAG = 6; // percent that a key moves; pixels before a press is a drag
const WAYS = {ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP]};
const next = {size: 'large', colour: 'red', background: 'white'}; // of what is added, as it was chosen last
let known = /** @type {any} */ (null); // what is drawn with, for all builders of the page

const fetched = async address => {
  if (known) return;
  const answer = await fetch(address), found = await answer.json(), shapes = document.createElementNS(SVG, 'svg');
  shapes.setAttribute('class', 'scene-shapes');
  shapes.innerHTML = found.symbols;
  document.body.append(shapes);
  known = found;
};

const named = thing => `${thing.size} ${thing.colour} ${thing.kind}`;
const read = text => {
  const parts = text.replace(/^built:/, '').split(';').map(part => part.trim()), background = parts.pop();
  return {background: background || next.background, things: parts.map(part => {
    const [size, colour, kind, x, y] = part.split(' ');
    return {size, colour, kind, x: +x, y: +y, element: /** @type {any} */ (null)};
  })};
};
const written = (things, background) => 'built:' + [...things.map(one => `${named(one)} ${one.x} ${one.y}`), background].join('; ');
const radius = thing => 100 * known.radii[thing.size];
const touch = (one, other) => Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y)) <= radius(one) + radius(other);

const tint = (element, colour) => known.colours[colour].forEach((css, k) => element.style.setProperty(`--t${k}`, css));
const drawing = kind => {
  const made = document.createElementNS(SVG, 'svg'), use = document.createElementNS(SVG, 'use');
  made.setAttribute('viewBox', '-1 -1 2 2');
  made.setAttribute('aria-hidden', 'true');
  Object.entries({href: `#thing-${kind}`, x: -1, y: -1, width: 2, height: 2}).forEach(([name, value]) => use.setAttribute(name, String(value)));
  made.append(use);
  return made;
};

const group = (name, ...inside) => {
  const made = make('div', 'scene-group');
  made.setAttribute('role', 'group');
  made.setAttribute('aria-label', name);
  made.append(...inside);
  return made;
};
const called = (element, name) => { element.title = name; element.setAttribute('aria-label', name); return element; };
const pressed = (buttons, value) => buttons.forEach(one => one.setAttribute('aria-pressed', one.dataset.value === value));

/** Opens the builder in a picker. from: the scene to begin with, "" for none; done: given the text of what was built.
 * @param {{root: HTMLElement, from: string, address: string, done: (text: string) => void}} given */
export const scene = async ({root, from, address, done}) => {
  await fetched(address);
  adopt(sheet);
  const dialog = make('dialog', 'pad-dialog scene'), field = make('div', 'scene-field'), hint = make('p', 'scene-hint', 'Drag things here, or tap one and then its place.');
  const status = make('p', 'pad-status'), note = make('p', 'scene-note');
  const state = {...read(from), selected: /** @type {any} */ (null), brush: ''}, {things} = state;
  const say = (text, bad = false) => { status.textContent = text; status.classList.toggle('bad', bad); };
  /** @returns {[number, number]} */
  const at = event => { // in percent of the field
    const box = field.getBoundingClientRect();
    return [100 * (event.clientX - box.left) / box.width, 100 * (event.clientY - box.top) / box.height];
  };
  const within = ([x, y]) => x >= 0 && x <= 100 && y >= 0 && y <= 100;

  // ---- what is seen -----------------------------------------------------------------------------------------------
  const label = thing => `${named(thing)} at ${thing.x}, ${thing.y} percent`;
  const count = () => say(`${things.length} of ${known.most} things`);
  const show = () => {
    field.style.background = known.backgrounds[state.background];
    field.setAttribute('aria-label', `The scene, on a ${state.background} background`);
    for (const one of things) {
      Object.assign(one.element.style, {left: `${one.x}%`, top: `${one.y}%`, width: `${2 * radius(one)}%`});
      tint(one.element, one.colour);
      one.element.setAttribute('aria-label', label(one));
      one.element.setAttribute('aria-pressed', one === state.selected);
    }
    const {size, colour} = state.selected || next;
    pressed(sizes, size);
    pressed(colours, colour);
    pressed(grounds, state.background);
    pressed(kinds, state.brush);
    kinds.forEach(one => tint(one, next.colour));
    hint.hidden = things.length > 0;
    away.disabled = !state.selected;
    clear.disabled = !things.length;
    note.textContent = things.some((one, k) => things.slice(k + 1).some(other => touch(one, other))) ? 'Two things touch; in the picture world they never do.' : '';
  };
  const select = thing => { if (state.selected !== thing) { state.selected = thing; show(); } };

  // ---- what is done to things -------------------------------------------------------------------------------------
  const move = (thing, x, y) => { // whole within the field
    const r = Math.ceil(radius(thing));
    [thing.x, thing.y] = [x, y].map(one => clamp(Math.round(one), r, 100 - r));
    show();
  };
  const told = thing => { show(); say(label(thing)); };
  const change = changes => { // of the selected thing, or of those to come
    Object.assign(next, changes);
    if (!state.selected) { show(); return; }
    Object.assign(state.selected, changes);
    move(state.selected, state.selected.x, state.selected.y);
    told(state.selected);
  };
  const enter = thing => { // its element
    thing.element = makeButton('scene-thing', '', event => (state.brush && event.detail ? add(state.brush, at(event)) : select(thing)));
    thing.element.append(drawing(thing.kind));
    thing.element.addEventListener('focus', () => select(thing));
    thing.element.addEventListener('keydown', event => keyed(event, thing));
    thing.element.addEventListener('pointerdown', event => grabbed(event, thing));
    field.append(thing.element);
  };
  const add = (kind, [x, y]) => {
    state.brush = '';
    if (things.length >= known.most) { show(); say(`${known.most} things are the limit; delete one first.`, true); return; }
    const thing = {kind, size: next.size, colour: next.colour, x, y, element: null};
    enter(thing);
    things.push(thing);
    state.selected = thing;
    move(thing, x, y);
    told(thing);
    thing.element.focus({preventScroll: true, focusVisible: false});
  };
  const remove = thing => {
    const k = things.indexOf(thing);
    things.splice(k, 1);
    thing.element.remove();
    state.selected = null;
    count();
    show();
    (things[Math.min(k, things.length - 1)]?.element ?? kinds[0]).focus({preventScroll: true});
  };
  /** @returns {[number, number]} */
  const free = () => { // a place that touches nothing, near the middle; else the one that is furthest from all
    const steps = [50, 30, 70, 20, 80], places = steps.flatMap(y => steps.map(x => ({size: next.size, x, y})));
    const near = place => Math.min(...things.map(one => Math.hypot(one.x - place.x, one.y - place.y)));
    const found = places.find(place => !things.some(one => touch(one, place))) ?? places.reduce((best, one) => (near(one) > near(best) ? one : best));
    return [found.x, found.y];
  };

  const keyed = (event, thing) => {
    const way = WAYS[event.key], size = {'+': 'large', '=': 'large', '-': 'small'}[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (way) move(thing, thing.x + way[0], thing.y + way[1]);
    else if (size) { select(thing); change({size}); }
    else if (event.key === 'Delete' || event.key === 'Backspace') remove(thing);
    else return;
    event.preventDefault();
    if (way) told(thing);
  };

  const grabbed = (event, thing) => {
    if (event.button || state.brush) return;
    event.preventDefault();
    event.stopPropagation();
    const {element} = thing, [x, y] = at(event), off = [thing.x - x, thing.y - y], over = new AbortController();
    element.focus({preventScroll: true, focusVisible: false});
    select(thing);
    element.setPointerCapture(event.pointerId);
    element.addEventListener('pointermove', moved => { const [a, b] = at(moved); move(thing, a + off[0], b + off[1]); }, {signal: over.signal});
    ['pointerup', 'pointercancel'].forEach(name => element.addEventListener(name, () => { over.abort(); told(thing); }, {signal: over.signal}));
  };

  // ---- the tray ---------------------------------------------------------------------------------------------------
  let dragged = false;
  const pulled = (event, kind) => { // out of the tray: a ghost of it follows the pointer
    if (event.button) return;
    const chip = event.currentTarget, over = new AbortController(), from = [event.clientX, event.clientY];
    let ghost = null;
    dragged = false;
    chip.setPointerCapture(event.pointerId);
    chip.addEventListener('pointermove', moved => {
      if (!ghost && Math.hypot(moved.clientX - from[0], moved.clientY - from[1]) < DRAG) return;
      if (!ghost) {
        ghost = make('div', 'scene-ghost');
        ghost.append(drawing(kind));
        tint(ghost, next.colour);
        ghost.style.width = `${2 * known.radii[next.size] * field.clientWidth}px`;
        dialog.append(ghost);
        dragged = true;
      }
      Object.assign(ghost.style, {left: `${moved.clientX / zoomOf(ghost)}px`, top: `${moved.clientY / zoomOf(ghost)}px`});
    }, {signal: over.signal});
    ['pointerup', 'pointercancel'].forEach(name => chip.addEventListener(name, end => {
      over.abort();
      ghost?.remove();
      if (ghost && name === 'pointerup' && within(at(end))) add(kind, at(end));
    }, {signal: over.signal}));
  };
  const kinds = known.kinds.map(kind => {
    const chip = makeButton('scene-kind', '', event => {
      if (dragged) { dragged = false; return; }
      if (!event.detail) { add(kind, free()); return; } // by a key
      state.brush = state.brush === kind ? '' : kind;
      state.selected = null;
      show();
      if (state.brush) say(`Now tap where the ${named({...next, kind})} shall stand.`); else count();
    });
    chip.append(drawing(kind));
    chip.dataset.value = kind;
    chip.addEventListener('pointerdown', event => pulled(event, kind));
    return called(chip, kind);
  });
  const pens = (all, does) => Object.entries(all).map(([name, css]) => {
    const pen = makeButton('picker-pen', '', () => does(name));
    pen.style.setProperty('--c', css);
    pen.dataset.value = name;
    return called(pen, name);
  });
  const colours = pens(Object.fromEntries(Object.entries(known.colours).map(([name, [css]]) => [name, css])), colour => change({colour}));
  const grounds = pens(known.backgrounds, background => { state.background = next.background = background; show(); });
  const sizes = Object.keys(known.radii).map(size => {
    const one = makeButton('scene-size', size[0].toUpperCase() + size.slice(1), () => change({size}));
    one.dataset.value = size;
    return one;
  });
  const away = makeButton('scene-away', 'Delete', () => state.selected && remove(state.selected));
  const clear = makeButton('scene-clear', 'Clear', () => { [...things].forEach(remove); });

  field.addEventListener('click', event => {
    if (event.target !== field && event.target !== hint) return;
    if (state.brush) add(state.brush, at(event)); else select(null);
  });
  dialog.addEventListener('keydown', event => { if (event.key !== 'Escape') event.stopPropagation(); }); // the keys of the page rest meanwhile
  dialog.addEventListener('close', () => dialog.remove());

  // ---- put together -----------------------------------------------------------------------------------------------
  const title = from ? 'Change this scene' : 'Build a scene', head = make('div', 'pad-dialog-head'), body = make('div', 'scene-body');
  const tray = make('div', 'scene-tray'), foot = make('div', 'scene-foot'), row = name => make('span', 'scene-name', name);
  dialog.setAttribute('aria-label', title);
  status.setAttribute('role', 'status');
  field.setAttribute('role', 'group');
  field.append(hint);
  things.forEach(enter);
  head.append(make('strong', '', title), makeButton('pad-close', 'Leave', () => dialog.close()));
  tray.append(
    group('Things', ...kinds), row('Size'), group('Size', ...sizes), row('Colour'), group('Colour', ...colours),
    row('Background'), group('Background', ...grounds),
  );
  body.append(field, tray);
  foot.append(away, clear, makeButton('picker-take', 'Take it', () => { dialog.close(); done(written(things, state.background)); }));
  dialog.append(head, body, status, note, foot);
  root.append(dialog);
  count();
  show();
  dialog.showModal();
};
