// What all pads share: the field, the line of text below, brushes and strokes. A pad's element is `.pad` in its template.

import {adopt, clamp, mounted, recoloured, resized} from '../dom.js';
import sheet from './pads.css' with {type: 'css'};

/** @param {Pick<import('../types').Mount, 'element' | 'props' | 'SETTINGS'>} mount */
export const padOf = ({element, props, SETTINGS}) => {
  adopt(sheet);
  const signal = mounted(element), root = element.querySelector('.pad'), canvas = root.querySelector('canvas'), frame = root.querySelector('.pad-frame');
  const given = /** @type {any} */ (new Proxy({}, {get: (_, name) => props[String(name)] ?? SETTINGS[String(name)]})); // props are what the page changed later
  const say = (text, bad = false) => {
    const line = root.querySelector('.pad-status');
    if (line.textContent !== text) line.textContent = text;
    line.classList.toggle('bad', bad);
  };
  const colour = name => getComputedStyle(root).getPropertyValue('--p-' + name).trim();

  // tools: which brush, how thick; buttons call `actions[name]`
  const tool = {erase: false, large: false};
  const pressed = (name, on) => root.querySelector(`[data-do=${name}]`)?.setAttribute('aria-pressed', on);
  const choose = (key, on) => {
    tool[key] = on;
    const [first, second] = key === 'erase' ? ['brush', 'eraser'] : ['small', 'large'];
    pressed(first, !on);
    pressed(second, on);
  };
  const wireTools = actions => {
    const all = {brush: () => choose('erase', false), eraser: () => choose('erase', true), small: () => choose('large', false), large: () => choose('large', true), ...actions};
    root.querySelectorAll('.pad-tools button').forEach(one => one.addEventListener('click', () => all[one.dataset.do]?.()));
    root.addEventListener('keydown', event => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z' && actions.undo) { event.preventDefault(); actions.undo(); }
    });
  };

  // strokes by mouse, pen, touch and keys. `at` is in shares of the field: x to the right, y down, 0 to 1.
  const wireStrokes = ({start, move, end, radius, step}) => {
    const ring = root.querySelector('.pad-ring'), key = {x: 0.5, y: 0.5};
    let active = null;
    const place = event => {
      const box = canvas.getBoundingClientRect();
      return {x: clamp((event.clientX - box.left) / box.width, 0, 1), y: clamp((event.clientY - box.top) / box.height, 0, 1), erase: tool.erase || (event.buttons & 32) > 0};
    };
    const showRing = at => {
      ring.hidden = !at;
      if (!at) return;
      const size = 2 * radius() * canvas.clientWidth;
      Object.assign(ring.style, {width: `${size}px`, height: `${size}px`, left: `${100 * at.x}%`, top: `${100 * at.y}%`});
    };
    canvas.addEventListener('pointerdown', event => {
      if (active !== null || event.button > 0 && event.button !== 5) return;
      event.preventDefault();
      canvas.focus({preventScroll: true, focusVisible: false});
      try { canvas.setPointerCapture(event.pointerId); } catch { /* it is gone already */ }
      active = event.pointerId;
      start(place(event));
    });
    canvas.addEventListener('pointermove', event => {
      if (event.pointerType !== 'touch') showRing(place(event));
      if (event.pointerId !== active) return;
      const all = event.getCoalescedEvents?.() ?? [];
      (all.length ? all : [event]).forEach(one => move(place(one)));
    });
    const finish = event => { if (event.pointerId === active) { active = null; end(); } };
    ['pointerup', 'pointercancel', 'lostpointercapture'].forEach(name => canvas.addEventListener(name, finish));
    canvas.addEventListener('pointerleave', () => { if (document.activeElement !== canvas || !canvas.matches(':focus-visible')) showRing(null); });
    canvas.addEventListener('blur', () => showRing(null));
    const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    canvas.addEventListener('keydown', event => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const way = ways[event.key];
      if (!way && event.key !== ' ' && event.key !== 'Enter') return;
      event.preventDefault();
      event.stopPropagation();
      if (way) { key.x = clamp(key.x + way[0] * step, step / 2, 1 - step / 2); key.y = clamp(key.y + way[1] * step, step / 2, 1 - step / 2); }
      showRing(key);
      if (!way || event.shiftKey) { start({...key, erase: tool.erase}); end(); }
    });
  };

  // a canvas as sharp as the screen, drawn again when its size or the colours change
  const sharp = draw => {
    let due = 0;
    const redraw = () => {
      due = 0;
      const side = canvas.clientWidth, dots = window.devicePixelRatio || 1, pixels = Math.round(side * dots);
      if (!side) return;
      if (canvas.width !== pixels) { canvas.width = pixels; canvas.height = pixels; }
      const g = canvas.getContext('2d');
      g.setTransform(dots, 0, 0, dots, 0, 0);
      g.clearRect(0, 0, side, side);
      draw(g, side);
    };
    const ask = () => { due ||= requestAnimationFrame(redraw); };
    resized(signal, canvas, ask);
    recoloured(signal, ask);
    return ask;
  };
  return {root, canvas, frame, given, say, colour, tool, wireTools, wireStrokes, sharp, signal};
};
