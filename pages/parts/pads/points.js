// The point pad: up to `given.most` points, as int8 pairs in units of `given.grain`; y runs upwards.

import {bytesOf, clamp, textOf} from '../dom.js';
import {padOf} from './tools.js';

const MOST_UNDO = 40, REST_MS = 180; // between the drops of a pen that rests

/** @param {import('../types').Mount} mount */
export const points = ({element, props, trigger, watch, SETTINGS}) => {
  const {root, canvas, given, say, colour, tool, sharp, signal, wireStrokes, wireTools} = padOf({element, props, SETTINGS});
  const REACH = 127 * given.grain, MOST = given.most;
  let points = [], shown = null, undone = [], drawing = null, timer = 0, lately = 0;

  const decode = text => {
    const raw = Int8Array.from(bytesOf(text));
    if (raw.length % 2 || raw.length > 2 * MOST) throw Error('length');
    return Array.from({length: raw.length / 2}, (_, k) => [raw[2 * k], raw[2 * k + 1]]);
  };
  const encode = () => textOf(new Uint8Array(Int8Array.from(points.flat()).buffer));

  const tell = () => say(points.length < MOST ? `${points.length} of ${MOST} points` : `${MOST} of ${MOST} points; erase some to add others.`);

  const paint = sharp((g, side) => {
    const line = colour('line'), muted = colour('muted');
    const px = v => side / 2 + v / REACH * side / 2;
    g.strokeStyle = line;
    g.lineWidth = 1;
    g.font = `11px ${getComputedStyle(root).fontFamily}`;
    g.fillStyle = muted;
    for (const tick of [-1, 0, 1]) {
      const at = Math.round(px(tick)) + 0.5;
      g.beginPath();
      g.moveTo(at, 0); g.lineTo(at, side); g.moveTo(0, at); g.lineTo(side, at);
      g.stroke();
      g.fillText(String(tick).replace('-', '\u2212'), at + 3, side - 4);
      if (tick) g.fillText(String(-tick).replace('-', '\u2212'), 4, at - 3);
    }
    g.fillStyle = colour('ink');
    g.globalAlpha = 0.72;
    g.beginPath();
    for (const [x, y] of points) {
      const [cx, cy] = [px(x * given.grain), px(-y * given.grain)];
      g.moveTo(cx + 2.5, cy);
      g.arc(cx, cy, 2.5, 0, 7);
    }
    g.fill();
    g.globalAlpha = 1;
  });

  const absorb = () => {
    const text = typeof props.value === 'string' ? props.value : '';
    if (text === shown) return;
    shown = text;
    [undone, drawing] = [[], null];
    try { points = text ? decode(text) : []; tell(); } catch { points = []; say('These points could not be read; draw new ones.', true); }
    paint();
  };
  const give = () => {
    shown = encode();
    props.value = shown;
    trigger('input');
  };
  const remember = () => { undone.push(points.slice()); undone = undone.slice(-MOST_UNDO); };

  // ---- spraying ---------------------------------------------------------------------------------------------------
  const spread = () => (tool.erase ? (tool.large ? 0.24 : 0.1) : tool.large ? 0.16 : 0.05); // in units of the plane
  const round = v => clamp(Math.round(v / given.grain), -127, 127);
  const unit = at => [(2 * at.x - 1) * REACH, (1 - 2 * at.y) * REACH];
  const gauss = () => Math.min(2, Math.sqrt(-2 * Math.log(1 - Math.random()))) * 0.5;
  const add = (x, y) => { if (points.length < MOST) points.push([round(x), round(y)]); };
  const act = exact => {
    const [x, y] = unit(drawing);
    if (drawing.erase) points = points.filter(([a, b]) => Math.hypot(a * given.grain - x, b * given.grain - y) > spread());
    else {
      const angle = 2 * Math.PI * Math.random(), far = exact ? 0 : spread() * gauss();
      add(x + far * Math.cos(angle), y + far * Math.sin(angle));
    }
    lately = performance.now();
    tell();
    paint();
  };
  const spray = now => { // as long as the pen rests on a place
    if (!drawing || signal.aborted) return;
    if (now - lately > REST_MS) act(false);
    timer = requestAnimationFrame(spray);
  };
  const end = () => { if (!drawing) return; cancelAnimationFrame(timer); drawing = null; give(); };
  wireStrokes({
    step: 1 / 40, radius: () => Math.max(0.012, spread() / REACH / 2),
    start: at => {
      remember();
      drawing = at;
      act(true);
      cancelAnimationFrame(timer);
      timer = requestAnimationFrame(spray);
    },
    move: at => {
      if (!drawing) return;
      const moved = Math.hypot(at.x - drawing.x, at.y - drawing.y) * canvas.clientWidth;
      if (at.erase) { drawing = at; act(false); return; }
      if (moved < 3) return;
      const from = drawing, count = Math.min(12, Math.ceil(moved / 8));
      for (let k = 1; k <= count; k++) { drawing = {...at, x: from.x + (at.x - from.x) * k / count, y: from.y + (at.y - from.y) * k / count}; act(false); }
    },
    end,
  });
  wireTools({
    undo: () => { const old = undone.pop(); if (!old) { say('There is nothing to undo.'); return; } points = old; tell(); paint(); give(); },
    clear: () => { remember(); points = []; tell(); paint(); give(); },
  });
  watch('value', absorb);
  absorb();
};
