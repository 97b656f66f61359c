// The latent plane: test codes in the colours and shapes of their classes, a cursor, and the picture decoded there.
// Given besides: server.decode_at([x, y, context]) -> {picture} or {error}. One request at a time; the last place wins.

import {bytesOf, clamp, isDark, make} from '../dom.js';
import {label} from '../film/draw.js';
import {padOf} from '../pads/tools.js';

const LIGHT = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#7A7A7A', '#B8A800', '#0072B2', '#D55E00']; // Okabe and Ito; the yellow is deepened for white
const DARK = ['#56B4E9', '#E8813A', '#1FC397', '#DE9BC0', '#E69F00', '#3C9BDB', '#A6A6A6', '#F0E442', '#56B4E9', '#E8813A'];
const SHAPES = ['disc', 'square', 'up', 'diamond', 'down', 'ring', 'cross', 'plus', 'box', 'star'];

const tints = () => (isDark() ? DARK : LIGHT);
const mark = (g, shape, x, y, r) => {
  const path = (...at) => { g.moveTo(x + at[0] * r, y + at[1] * r); for (let k = 2; k < at.length; k += 2) g.lineTo(x + at[k] * r, y + at[k + 1] * r); };
  ({
    disc: () => { g.moveTo(x + r, y); g.arc(x, y, r, 0, 7); }, ring: () => { g.moveTo(x + r, y); g.arc(x, y, r, 0, 7); },
    square: () => g.rect(x - 0.85 * r, y - 0.85 * r, 1.7 * r, 1.7 * r), box: () => g.rect(x - 0.85 * r, y - 0.85 * r, 1.7 * r, 1.7 * r),
    up: () => { path(0, -1.2, 1.1, 0.8, -1.1, 0.8); g.closePath(); }, down: () => { path(0, 1.2, 1.1, -0.8, -1.1, -0.8); g.closePath(); },
    diamond: () => { path(0, -1.25, 1.1, 0, 0, 1.25, -1.1, 0); g.closePath(); },
    cross: () => { path(-1, -1, 1, 1); path(1, -1, -1, 1); }, plus: () => { path(-1.2, 0, 1.2, 0); path(0, -1.2, 0, 1.2); },
    star: () => { path(-1.2, 0, 1.2, 0); path(-0.6, -1.04, 0.6, 1.04); path(0.6, -1.04, -0.6, 1.04); },
  })[shape]();
};
const OPEN = new Set(['ring', 'box', 'cross', 'plus', 'star']);

/** @param {import('../types').Mount} mount */
export const plane = ({element, props, trigger, watch, server, SETTINGS}) => {
  const {root, canvas, given, colour, sharp} = padOf({element, props, SETTINGS});
  const field = root.querySelector('.plane-field'), cursor = root.querySelector('.plane-cursor'), tip = root.querySelector('.plane-tip');
  const image = root.querySelector('img'), note = root.querySelector('.plane-note'), where = root.querySelector('.plane-at'), near = root.querySelector('.plane-near');
  const group = root.querySelector('.plane-classes'), limit = given.limit;
  let points = [], labels = new Uint8Array(0), at = {x: 0, y: 0}, lit = null, backdrop = null;

  // ---- what the page gave -----------------------------------------------------------------------------------------
  const takeCodes = () => {
    const raw = bytesOf(given.points), view = new DataView(raw.buffer), count = raw.length >> 2;
    points = Array.from({length: count}, (_, k) => [view.getInt16(4 * k, true), view.getInt16(4 * k + 2, true)].map(v => v / 32767 * limit));
    labels = bytesOf(given.labels);
    const used = [...new Set(labels.slice(0, count))].sort((a, b) => a - b).filter(k => given.classes[k]);
    group.replaceChildren(...used.map(classButton));
  };
  const classButton = k => {
    const one = make('button'), swatch = Object.assign(make('canvas'), {width: 28, height: 28});
    one.type = 'button';
    one.dataset.k = k;
    one.setAttribute('aria-pressed', lit === k);
    one.append(swatch, make('span', '', given.classes[k]));
    one.addEventListener('click', () => { lit = lit === k ? null : k; [...group.children].forEach(other => other.setAttribute('aria-pressed', +other.dataset.k === lit)); refresh(); });
    return one;
  };
  const takeBackdrop = () => {
    backdrop = null;
    if (!/^data:image\/(png|jpeg|webp);base64,/.test(given.backdrop || '')) return;
    const found = new Image();
    found.onload = () => { backdrop = found; refresh(); };
    found.src = given.backdrop;
  };

  // ---- painting ---------------------------------------------------------------------------------------------------
  const px = (v, side) => (v / limit + 1) * side / 2;
  const marks = (g, k, places, r, alpha) => { // all marks of a class in one path
    const shape = SHAPES[k % SHAPES.length];
    g.globalAlpha = alpha;
    g.fillStyle = g.strokeStyle = tints()[k % SHAPES.length];
    g.lineWidth = Math.max(1, r / 2.2);
    g.beginPath();
    places.forEach(([x, y]) => mark(g, shape, x, y, r));
    OPEN.has(shape) ? g.stroke() : g.fill();
    g.globalAlpha = 1;
  };

  const paintGrid = (g, side) => {
    g.strokeStyle = colour('line');
    g.fillStyle = colour('muted');
    g.lineWidth = 1;
    g.font = `${label()}px ${getComputedStyle(root).fontFamily}`;
    const every = limit > 5 ? 2 : 1;
    for (let tick = -Math.floor(limit / every) * every; tick <= limit; tick += every) {
      const line = Math.round(px(tick, side)) + 0.5, words = String(tick).replace('-', '\u2212');
      g.globalAlpha = tick === 0 ? 1 : 0.55;
      g.beginPath();
      g.moveTo(line, 0); g.lineTo(line, side); g.moveTo(0, line); g.lineTo(side, line);
      g.stroke();
      g.globalAlpha = 1;
      if (Math.abs(tick) < limit) g.fillText(words, line + 3, side - 4);
      if (tick && Math.abs(tick) < limit) g.fillText(words, 4, Math.round(px(-tick, side)) - 3);
    }
    g.fillText(`${given.axes[0]} (${given.unit})`, side - g.measureText(`${given.axes[0]} (${given.unit})`).width - 4, side / 2 - 5);
    g.fillText(`${given.axes[1]} (${given.unit})`, side / 2 + 4, 12);
  };
  const paintBackdrop = (g, side) => { // faint; on a light page dark on light, so that what is empty stays empty
    const own = Object.assign(make('canvas'), {width: backdrop.naturalWidth, height: backdrop.naturalHeight}), h = own.getContext('2d');
    h.drawImage(backdrop, 0, 0);
    if (!isDark()) {
      h.globalCompositeOperation = 'difference';
      h.fillStyle = '#fff';
      h.fillRect(0, 0, own.width, own.height);
    }
    g.globalAlpha = isDark() ? 0.3 : 0.2;
    g.imageSmoothingQuality = 'high';
    g.drawImage(own, 0, 0, side, side);
    g.globalAlpha = 1;
  };
  const paintNames = (g, side) => { // each class named at its middle, moved off the names that are there already
    const taken = [];
    g.font = `600 ${label() + 1}px ${getComputedStyle(root).fontFamily}`;
    g.textAlign = 'center';
    g.textBaseline = 'middle';
    [...group.children].map(one => +one.dataset.k).filter(k => lit === null || lit === k).forEach(k => {
      const own = points.filter((_, i) => labels[i] === k), middle = c => own.map(p => p[c]).sort((a, b) => a - b)[own.length >> 1];
      const half = g.measureText(given.classes[k]).width / 2 + 3;
      const x = clamp(px(middle(0), side), half, side - half), y0 = px(-middle(1), side);
      const free = y => !taken.some(t => Math.abs(t.x - x) < t.half + half && Math.abs(t.y - y) < 17);
      const y = clamp([0, 17, -17, 34, -34, 51, -51, 68, -68].map(d => y0 + d).find(free) ?? y0, 10, side - 22);
      taken.push({x, y, half});
      g.lineWidth = 4;
      g.lineJoin = 'round';
      g.strokeStyle = colour('surface');
      g.strokeText(given.classes[k], x, y);
      g.fillStyle = colour('ink');
      g.fillText(given.classes[k], x, y);
    });
    g.textAlign = 'left';
    g.textBaseline = 'alphabetic';
  };
  const refresh = sharp((g, side) => {
    if (backdrop) paintBackdrop(g, side);
    paintGrid(g, side);
    const size = side > 400 ? 2.6 : 2.1;
    [...group.children].forEach(one => {
      const k = +one.dataset.k, away = lit !== null && lit !== k;
      marks(g, k, points.filter((_, i) => labels[i] === k).map(([x, y]) => [px(x, side), px(-y, side)]), size, away ? 0.1 : lit === k ? 1 : 0.7);
      const h = one.firstChild.getContext('2d');
      h.clearRect(0, 0, 28, 28);
      marks(h, k, [[14, 14]], 9, 1);
    });
    if (side > 400 || lit !== null) paintNames(g, side);
  });

  // ---- the place --------------------------------------------------------------------------------------------------
  const number = v => (Math.abs(v) < 0.005 ? 0 : v).toFixed(2).replace('-', '\u2212');
  const words = ({x, y}) => `x ${number(x)}, y ${number(y)}`;
  const nearest = ({x, y}) => {
    let [best, found] = [Infinity, -1];
    points.forEach(([a, b], k) => { const far = (a - x) ** 2 + (b - y) ** 2; if (far < best) [best, found] = [far, k]; });
    return found;
  };
  const show = () => {
    cursor.style.left = `${50 + 50 * at.x / limit}%`;
    cursor.style.top = `${50 - 50 * at.y / limit}%`;
    where.textContent = `${words(at)} ${given.unit}`;
    const k = nearest(at), name = k < 0 ? '' : given.classes[labels[k]] || '';
    near.textContent = name && `nearest test picture: ${name}`;
    field.setAttribute('aria-valuenow', at.x.toFixed(2));
    field.setAttribute('aria-valuetext', `${words(at)}${name ? ', ' + name : ''}`);
  };

  let wanted = null, busy = false;
  const ask = async () => {
    if (busy) return;
    busy = true;
    while (wanted) {
      const [x, y, context] = [wanted.x, wanted.y, given.context || ''];
      wanted = null;
      const slow = setTimeout(() => { note.textContent = 'Loading the model.'; }, 600);
      const answer = await server.decode_at([x, y, context]).catch(() => null);
      clearTimeout(slow);
      if (context !== (given.context || '')) { wanted ??= at; continue; }
      if (answer?.picture) draw(answer.picture);
      note.textContent = answer?.picture ? '' : answer?.error || 'The picture did not arrive; move again.';
    }
    busy = false;
  };
  const draw = uri => {
    if (!/^data:image\/(png|jpeg|webp);base64,/.test(uri)) return;
    image.hidden = false;
    image.src = uri;
    image.alt = `Decoded at ${words(at)}`;
  };
  const move = (x, y) => { at = {x: clamp(x, -limit, limit), y: clamp(y, -limit, limit)}; wanted = at; show(); ask(); };
  const commit = () => {
    const made = {x: +at.x.toFixed(4), y: +at.y.toFixed(4)};
    if (props.value && props.value.x === made.x && props.value.y === made.y) return;
    props.value = made;
    trigger('input');
  };

  const placeOf = event => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width * 2 - 1) * limit, (1 - (event.clientY - box.top) / box.height * 2) * limit];
  };
  let active = null;
  field.addEventListener('pointerdown', event => {
    if (active !== null || event.button > 0) return;
    event.preventDefault();
    field.focus({preventScroll: true, focusVisible: false});
    try { field.setPointerCapture(event.pointerId); } catch { /* it is gone already */ }
    active = event.pointerId;
    tip.hidden = true;
    move(...placeOf(event));
  });
  field.addEventListener('pointermove', event => {
    if (event.pointerId === active) { move(...placeOf(event)); return; }
    if (event.pointerType === 'touch' || active !== null) return;
    const [x, y] = placeOf(event).map(v => clamp(v, -limit, limit)), k = nearest({x, y});
    tip.textContent = words({x, y}) + (k < 0 ? '' : `, ${given.classes[labels[k]] || ''}`);
    Object.assign(tip.style, {left: `${50 + 50 * x / limit}%`, top: `${50 - 50 * y / limit}%`});
    tip.dataset.side = (x > 0 ? 'left' : 'right') + (y > limit * 0.8 ? 'below' : '');
    tip.hidden = false;
  });
  const finish = event => { if (event.pointerId === active) { active = null; commit(); } };
  ['pointerup', 'pointercancel', 'lostpointercapture'].forEach(name => field.addEventListener(name, finish));
  field.addEventListener('pointerleave', () => { tip.hidden = true; });
  const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
  field.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = ways[event.key], far = limit / (event.shiftKey ? 8 : 40);
    if (!way && event.key !== 'Home') return;
    event.preventDefault();
    event.stopPropagation();
    tip.hidden = true;
    way ? move(at.x + way[0] * far, at.y + way[1] * far) : move(0, 0);
  });
  field.addEventListener('keyup', event => { if (ways[event.key] || event.key === 'Home') commit(); });
  field.addEventListener('blur', commit);

  // ---- values in --------------------------------------------------------------------------------------------------
  const absorb = () => {
    const {x, y} = props.value || {};
    if (!Number.isFinite(x) || !Number.isFinite(y) || (x === +at.x.toFixed(4) && y === +at.y.toFixed(4))) return;
    move(x, y);
  };
  watch('value', absorb);
  let opened = given.picture;
  watch('points labels classes'.split(' '), () => { takeCodes(); show(); refresh(); });
  watch('axes unit'.split(' '), () => { show(); refresh(); });
  watch(['back' + 'drop'], () => { takeBackdrop(); refresh(); });
  watch('context picture'.split(' '), () => { if (given.picture && given.picture !== opened) draw(opened = given.picture); else { wanted = at; ask(); } });
  field.setAttribute('aria-valuemin', -limit);
  field.setAttribute('aria-valuemax', limit);
  takeCodes();
  takeBackdrop();
  if (Number.isFinite(props.value?.x)) at = {x: props.value.x, y: props.value.y};
  show();
  if (opened) draw(opened);
  else note.textContent = 'Click the plane, or move by the arrow keys.';
};
