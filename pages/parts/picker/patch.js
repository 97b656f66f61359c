// The patch on the picture: reads the frames of a film whose `carried` has places and patch.

import {benchOf} from '../bench.js';
import {adopt, clamp, isDark, make, mounted, recoloured} from '../dom.js';
import sheet from './patch.css' with {type: 'css'};

/** @param {import('../types').Mount} mount */
export const patches = ({element, SETTINGS}) => {
  adopt(sheet);
  const signal = mounted(element), bench = benchOf(SETTINGS.bench, signal);
  const root = element.querySelector('.patches'), field = root.querySelector('.patches-field'), canvas = root.querySelector('canvas');
  const g = canvas.getContext('2d'), heat = root.querySelector('input'), SIDE = canvas.width, GREY = '#808080';
  let run = '', step = -1, image = null, places = [], patch = 0, drops = [], whole = 0, text = '', at = null, picked = false; // at: [row, column]

  const rowOf = frame => Object.values(frame?.bars || {})[0]?.values;
  const best = () => {
    let found = [0, 0];
    drops.forEach((row, y) => row.forEach((value, x) => { if (value > (drops[found[0]]?.[found[1]] ?? -Infinity)) found = [y, x]; }));
    return found;
  };

  const follow = ({detail}) => {
    const first = detail.frames[0];
    if (!first?.carried?.places) return;
    if (run !== detail.run) {
      [run, at, picked] = [detail.run, null, false];
      const lane = Object.values(first.lanes).find(one => one.kind === 'pictures');
      image = Object.assign(new Image(), {src: lane.src, onload: draw});
      image.size_ = [lane.w, lane.h];
    }
    ({places, patch} = first.carried);
    drops = detail.frames.map(rowOf).filter(Boolean);
    whole = first.numbers.find(one => one.name === 'whole')?.value ?? 0;
    text = /\u201c(.*)\u201d/.exec(Object.values(first.lanes).find(one => one.kind === 'words')?.text || '')?.[1] || '';
    if (step !== detail.index) [step, picked] = [detail.index, false]; // scrubbed: the film says where
    if (!picked) at = step === detail.frames.length - 1 ? best() : [step, drops[step].indexOf(Math.max(...drops[step]))];
    root.hidden = false;
    draw();
  };

  const shades = () => (isDark() ? ['86,180,233', '240,138,75'] : ['0,114,178', '213,94,0']);
  const paintHeat = () => { // each patch's drop, where it lay; many lie over each other, so each is faint
    const most = Math.max(1e-6, ...drops.flat().map(Math.abs)), [fall, rise] = shades();
    const step = places.length > 1 ? places[1] - places[0] : patch;
    drops.forEach((row, y) => row.forEach((value, x) => {
      const left = places[x] + (patch - step) / 2, top = places[y] + (patch - step) / 2;
      g.fillStyle = `rgba(${value > 0 ? fall : rise}, ${0.75 * Math.abs(value) / most})`;
      g.fillRect(left * SIDE, top * SIDE, step * SIDE, step * SIDE);
    }));
  };

  const draw = () => {
    if (!image?.complete || !image.naturalWidth) return;
    g.imageSmoothingEnabled = false;
    g.drawImage(image, 0, 0, ...image.size_, 0, 0, SIDE, SIDE);
    if (heat.checked) paintHeat();
    if (at && drops[at[0]]) {
      g.fillStyle = GREY;
      const box = [places[at[1]] * SIDE, places[at[0]] * SIDE, patch * SIDE, patch * SIDE];
      g.fillRect(...box);
      g.strokeStyle = '#fff'; g.lineWidth = 2; g.strokeRect(...box);
      g.strokeStyle = '#000'; g.lineWidth = 1; g.strokeRect(box[0] - 1, box[1] - 1, box[2] + 2, box[3] + 2);
    }
    tell();
  };

  const put = (name, value, share) => {
    const place = root.querySelector(`.patches-${name}`), bar = make('i');
    bar.style.setProperty('--s', clamp(share, 0, 1));
    place.replaceChildren(document.createTextNode(value.toFixed(3).replace('-', '\u2212')), bar);
  };
  const tell = () => {
    const drop = at && drops[at[0]] ? drops[at[0]][at[1]] : null;
    put('whole', whole, Math.abs(whole));
    if (drop === null) return;
    put('covered', whole - drop, Math.abs(whole - drop));
    put('drop', drop, Math.abs(drop));
    root.querySelector('.patches-hint').textContent = `Cosine of the picture and \u201c${text}\u201d, with the grey patch and without. Click the picture to move it.`;
  };

  const nearest = share => places.reduce((found, place, k) => (Math.abs(place + patch / 2 - share) < Math.abs(places[found] + patch / 2 - share) ? k : found), 0);
  const move = event => {
    const box = canvas.getBoundingClientRect();
    const now = [nearest((event.clientY - box.top) / box.height), nearest((event.clientX - box.left) / box.width)];
    if (!drops[now[0]]) return; // that row is still to come
    [at, picked] = [now, true];
    draw();
  };
  field.addEventListener('pointerdown', event => { event.preventDefault(); field.focus({preventScroll: true}); field.setPointerCapture?.(event.pointerId); move(event); });
  field.addEventListener('pointermove', event => { if (event.buttons) move(event); });
  const WAYS = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]};
  field.addEventListener('keydown', event => {
    const way = WAYS[event.key];
    if (!way || !at || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const keep = (value, most) => clamp(value, 0, most - 1);
    [at, picked] = [[keep(at[0] + way[0], drops.length), keep(at[1] + way[1], places.length)], true];
    draw();
  });
  heat.addEventListener('change', draw);
  root.querySelector('button').addEventListener('click', () => { [at, picked] = [best(), false]; draw(); });
  recoloured(signal, draw);
  bench.follow({shown: follow});
};
