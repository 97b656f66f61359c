// The film that the front page opens on: points on their way from noise to data. Steps are those of a run; between two
// of them a point moves in a straight line. It plays once; the slider goes anywhere.

import {bytesOf, ended, mounted, resized} from '../dom.js';

const LASTS = 7000, REACH = 1.5; // ms; how much of the plane the height shows, in each direction
const SLOW = 0.55; // the end is looked at for longer: time to this power is the place in the film

/** @param {import('../types').Mount} mount SETTINGS: {film}, the address of the frames */
export const hero = ({element, SETTINGS}) => {
  const signal = mounted(element), canvas = element.querySelector('canvas'), g = canvas.getContext('2d');
  const button = /** @type {HTMLButtonElement} */ (element.querySelector('.hero-play'));
  const slider = element.querySelector('input'), said = element.querySelector('output');
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  let film = null, at = 0, begun = 0, playing = false, drawn = -1;

  const unpack = told => {
    const n = told.points * 2, first = new Int16Array(bytesOf(told.first).buffer), moves = new Int8Array(bytesOf(told.moves).buffer);
    const places = [Float32Array.from(first, one => one * told.unit)];
    for (let k = 0; k < told.steps; k++) places.push(places[k].map((place, i) => place + moves[k * n + i] * told.unit));
    const colours = Array.from({length: told.points}, (_, i) => { // by the angle at which it began
      const turn = Math.atan2(first[2 * i + 1], first[2 * i]) / Math.PI / 2 + 0.5;
      return `oklch(0.8 0.13 ${Math.round(40 + turn * 360)})`;
    });
    return {...told, places, colours};
  };

  const fit = () => {
    const dots = devicePixelRatio || 1;
    [canvas.width, canvas.height] = [canvas.clientWidth * dots, canvas.clientHeight * dots].map(Math.round);
    drawn = -1;
    draw();
  };

  const draw = () => {
    if (!film || !canvas.width || drawn === at) return;
    drawn = at;
    const k = Math.min(film.steps - 1, Math.floor(at)), part = at - k, [a, b] = [film.places[k], film.places[k + 1]];
    const back = film.places[Math.max(0, k - 2)], fades = 0.32 * Math.sqrt(1 - at / film.steps); // where a tail begins; the last step leaves none
    const unit = canvas.height / 2 / REACH, wide = canvas.clientWidth > 700;
    const [x0, y0] = [canvas.width * (wide ? 0.68 : 0.5), canvas.height * (wide ? 0.47 : 0.5)], size = Math.max(1.5, canvas.height / 190);
    g.clearRect(0, 0, canvas.width, canvas.height);
    g.lineWidth = size;
    for (let i = 0; i < film.points; i++) {
      const [x, y] = [0, 1].map(j => a[2 * i + j] + part * (b[2 * i + j] - a[2 * i + j]));
      g.strokeStyle = film.colours[i];
      g.globalAlpha = fades;
      g.beginPath();
      g.moveTo(x0 + back[2 * i] * unit, y0 - back[2 * i + 1] * unit);
      g.lineTo(x0 + x * unit, y0 - y * unit);
      g.stroke();
      g.globalAlpha = 1;
      g.fillStyle = film.colours[i];
      g.beginPath();
      g.arc(x0 + x * unit, y0 - y * unit, size, 0, 2 * Math.PI);
      g.fill();
    }
  };

  const tell = () => {
    slider.value = String(at);
    slider.style.setProperty('--at', `${100 * at / film.steps}%`);
    said.textContent = `step ${Math.round(at)} of ${film.steps}`;
    element.dataset.step = String(Math.round(at));
    button.setAttribute('aria-label', playing ? 'Pause' : 'Play');
    button.querySelector('path').setAttribute('d', playing ? 'M5 4h4v12H5zM11 4h4v12h-4z' : 'M6 3.5v13l10.5-6.5z');
    draw();
  };

  const tick = now => {
    if (!playing || signal.aborted) return;
    begun ||= now - LASTS * (at / film.steps) ** (1 / SLOW);
    at = film.steps * Math.min(1, Math.max(0, (now - begun) / LASTS)) ** SLOW;
    playing = at < film.steps;
    tell();
    if (playing) requestAnimationFrame(tick);
  };
  const play = () => {
    if (at >= film.steps) at = 0;
    [playing, begun] = [true, 0];
    tell();
    requestAnimationFrame(tick);
  };

  const begin = async () => {
    try { film = unpack(await (await fetch(SETTINGS.film)).json()); } catch (error) { console.warn('the film did not come', error); return; }
    if (signal.aborted) return;
    at = film.steps;
    button.addEventListener('click', () => { if (playing) { playing = false; tell(); } else play(); });
    slider.addEventListener('input', () => { playing = false; at = +slider.value; tell(); });
    resized(signal, canvas, fit);
    if (still.matches) tell(); else { at = 0; play(); }
  };
  ended(signal, () => { playing = false; });
  begin();
};
