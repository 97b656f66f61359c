// The heat of a film's plane as a surface that turns, in place of the flat map, at the frame that the film shows.
// Plotly is fetched at the first press. Keys: arrows turn and tilt, + and - come nearer, Home turns back, Escape is flat.

import {adopt, clamp, ended, make, mounted, recoloured} from '../dom.js';
import {numbersOf, readPaint} from '../film/draw.js';
import sheet from './surface.css' with {type: 'css'};

const EYE = {turn: -0.9, tilt: 0.55, far: 1.9}, TURN = Math.PI / 18, LIFT = 0.02; // radians; of the height: points lie on top
const WHITE = 250; // of the red in a heat's lowest colour; its highest has none
let script = null;

const fetched = address => { // Plotly, once
  script ??= new Promise((resolve, reject) => {
    const one = make('script');
    one.addEventListener('load', () => resolve(globalThis.Plotly));
    one.addEventListener('error', () => { script = null; reject(new Error('Plotly did not come')); });
    one.src = address;
    document.head.append(one);
  });
  return script;
};

const eyeOf = ({turn, tilt, far}) => ({x: far * Math.cos(tilt) * Math.cos(turn), y: far * Math.cos(tilt) * Math.sin(turn), z: far * Math.sin(tilt)});
const placeOf = ({x, y, z}) => { const far = Math.hypot(x, y, z); return {turn: Math.atan2(y, x), tilt: Math.asin(z / far), far}; };

/** Rows of heights, the lowest y first, from the colours of a heat. @param {import('../types').HeatLayer} heat */
const heightsOf = async heat => {
  const image = new Image();
  image.src = heat.src;
  await image.decode();
  const [w, h] = [image.naturalWidth, image.naturalHeight], canvas = Object.assign(make('canvas'), {width: w, height: h});
  const g = canvas.getContext('2d', {willReadFrequently: true});
  g.drawImage(image, 0, 0);
  const {data} = g.getImageData(0, 0, w, h);
  return Array.from({length: h}, (_, row) => Array.from({length: w}, (_, column) =>
    heat.low + (1 - data[4 * ((h - 1 - row) * w + column)] / WHITE) * (heat.high - heat.low)));
};

/** @param {import('../types').Mount} mount SETTINGS: {bench, lane, points, height, script} */
export const surface = ({element, SETTINGS}) => {
  adopt(sheet);
  const signal = mounted(element), button = element.querySelector('button');
  let on = false, told = null, turnNo = 0;
  const box = make('div', 'surface');
  Object.assign(box, {tabIndex: 0, role: 'application'});
  box.setAttribute('aria-label', 'The landscape, to turn: drag it, or use the arrow keys; plus and minus come nearer, Escape goes back to the map');
  const film = () => /** @type {any} */ (document.querySelector(`#${SETTINGS.bench}-strip .film`));
  const figure = () => [...(film()?.querySelectorAll('.film-lane') || [])].find(one => one.querySelector('figcaption span')?.textContent === SETTINGS.lane);

  const last = (title, kind) => { // the layer shown at the film's frame: its own or the last before it
    for (let k = told.index; k >= 0; k--) {
      const layer = told.frames[k]?.lanes?.[title]?.layers?.find(one => one.as === kind);
      if (layer) return [layer, told.frames[k].lanes[title].limit];
    }
    return [null, 1];
  };

  const pointsOn = (z, limit) => { // chains on the surface, those in its square
    const [layer] = last(SETTINGS.points, 'generated'), found = {x: [], y: [], z: []};
    if (!layer) return found;
    const values = numbersOf(layer), n = z.length, cell = v => clamp(Math.floor((v + 1) / 2 * n), 0, n - 1);
    for (let i = 0; i + 1 < values.length; i += 2) {
      const [x, y] = [values[i], values[i + 1]];
      if (Math.abs(x) > 1 || Math.abs(y) > 1) continue;
      found.x.push(x * limit);
      found.y.push(y * limit);
      found.z.push(z[cell(y)][cell(x)]);
    }
    return found;
  };

  const draw = async () => {
    const place = figure(), canvas = place?.querySelector('canvas');
    if (!on || !told || !canvas) return;
    const [heat, limit] = last(SETTINGS.lane, 'heat'), mine = ++turnNo;
    if (!heat) return;
    if (box.parentElement !== place) place.append(box);
    Object.assign(box.style, {width: canvas.style.width, height: canvas.style.height});
    const [Plotly, z] = await Promise.all([fetched(SETTINGS.script), heightsOf(heat)]);
    if (mine !== turnNo || !on) return;
    if (box.querySelector('p')) box.replaceChildren();
    const paint = readPaint(film().querySelector('.film-probe')), n = z.length, at = Array.from({length: n}, (_, k) => ((k + 0.5) / n * 2 - 1) * limit);
    const on_ = pointsOn(z, limit), lift = LIFT * (heat.high - heat.low);
    const line = {color: paint.muted, gridcolor: paint.line, zerolinecolor: paint.line, showspikes: false, title: {font: {size: 12}}, tickfont: {size: 11}, nticks: 4};
    await Plotly.react(box, [
      {type: 'surface', x: at, y: at, z, showscale: false, colorscale: [[0, paint.dark ? '#1d3345' : '#e8f1f8'], [1, paint.dark ? '#56B4E9' : '#0072B2']],
        contours: {x: {highlight: false}, y: {highlight: false}, z: {highlight: false}}, hovertemplate: `x %{x:.2f}, y %{y:.2f}<br>${SETTINGS.height} %{z:.1f}<extra></extra>`},
      {type: 'scatter3d', mode: 'markers', hoverinfo: 'skip', ...on_, z: on_.z.map(v => v + lift), marker: {size: 1.6, color: paint.family}},
    ], {
      width: parseFloat(canvas.style.width), height: parseFloat(canvas.style.height), margin: {l: 0, r: 0, t: 0, b: 0}, showlegend: false, paper_bgcolor: 'rgba(0,0,0,0)',
      font: {color: paint.ink, family: 'system-ui, sans-serif'}, uirevision: 'kept',
      scene: {uirevision: 'kept', camera: {eye: eyeOf(EYE)}, aspectmode: 'manual', aspectratio: {x: 1, y: 1, z: 0.5},
        xaxis: {...line, title: {text: 'x', font: {size: 12}}}, yaxis: {...line, title: {text: 'y', font: {size: 12}}}, zaxis: {...line, title: {text: SETTINGS.height, font: {size: 12}}, range: [heat.low, Math.max(heat.high, heat.low + 1)]}},
    }, {displayModeBar: false, scrollZoom: false});
    box.dataset.frame = told.index;
  };
  const tried = () => draw().catch(error => { console.error(error); box.replaceChildren(make('p', '', 'The surface could not be drawn; press the button again for the map.')); });

  const turn = pressed => {
    on = pressed;
    button.setAttribute('aria-pressed', on);
    if (!on) { globalThis.Plotly?.purge(box); box.remove(); return; }
    told = film()?.told || null;
    box.replaceChildren(make('p', '', 'Fetching what draws it \u2026'));
    tried();
  };

  const KEYS = {ArrowLeft: {turn: -TURN}, ArrowRight: {turn: TURN}, ArrowUp: {tilt: TURN}, ArrowDown: {tilt: -TURN}, '+': {far: 1 / 1.15}, '=': {far: 1 / 1.15}, '-': {far: 1.15}, Home: {}};
  box.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') { event.stopPropagation(); turn(false); button.focus(); return; }
    const step = KEYS[event.key], scene = box._fullLayout?.scene;
    if (!step || !scene) return;
    event.preventDefault();
    event.stopPropagation();
    const now = event.key === 'Home' ? EYE : placeOf(scene.camera.eye);
    globalThis.Plotly.relayout(box, {'scene.camera.eye': eyeOf({
      turn: now.turn + (step.turn || 0), tilt: clamp(now.tilt + (step.tilt || 0), -1.5, 1.5), far: clamp(now.far * (step.far || 1), 0.7, 4)})});
  });
  button.addEventListener('click', () => turn(!on));
  document.addEventListener('film-shown', event => {
    if (event.target !== film()) return;
    told = /** @type {CustomEvent} */ (event).detail;
    tried();
  }, {signal});
  recoloured(signal, () => { if (on) tried(); });
  ended(signal, () => { globalThis.Plotly?.purge(box); });
};
