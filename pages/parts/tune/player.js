// Plays the melodies that a film shows, its line moving over the film's roll, and gives them as MIDI and WAV.

import {benchOf} from '../bench.js';
import {adopt, bytesOf, download, ended, make, mounted} from '../dom.js';
import {played, rendered} from './sound.js';
import sheet from './tune.css' with {type: 'css'};

const TYPES = {midi: ['audio/midi', '.mid'], wav: ['audio/wav', '.wav']}, LANE = 'melody';

/** @param {import('../types').Mount} mount SETTINGS: {bench} */
export const player = ({element, server, SETTINGS}) => {
  adopt(sheet);
  const signal = mounted(element), bench = benchOf(SETTINGS.bench, signal), root = element.querySelector('.tune-player');
  const said = root.querySelector('.tune-said'), button = name => root.querySelector(`[data-do=${name}]`);
  let told = null, stop = null;

  const heardAt = index => { // at this frame, or the last before it that has a melody
    for (let k = index; k >= 0; k--) if (told?.frames[k]?.carried?.heard) return told.frames[k].carried.heard;
    return null;
  };
  const figure = () => [...(bench.film()?.querySelectorAll('.film-lane') || [])].find(one => one.querySelector('figcaption span')?.textContent === LANE);
  const line = make('div', 'tune-line');
  const place = share => {
    const host = figure(), canvas = host?.querySelector('canvas');
    if (!canvas) return;
    if (line.parentElement !== host) host.append(line);
    Object.assign(line.style, {left: `${canvas.offsetLeft + share * canvas.clientWidth}px`, top: `${canvas.offsetTop}px`, height: `${canvas.clientHeight}px`});
  };
  const show = () => {
    const has = Boolean(told && heardAt(told.index)?.notes.length);
    root.querySelectorAll('button').forEach(one => { one.disabled = !has && !stop; });
    button('listen').textContent = stop ? 'Stop' : 'Listen';
  };

  const listen = async all => {
    if (stop) { stop(); return; }
    const run = told.run, first = told.index, last = all ? told.frames.length - 1 : first, parts = [], notes = [];
    let steps = 0;
    for (let k = first; k <= last; k++) {
      const heard = heardAt(k);
      parts.push({index: k, from: steps, steps: heard.steps, step: heard.step_s});
      notes.push(...heard.notes.map(([at, length, pitch]) => [at + steps, length, pitch]));
      steps += heard.steps;
    }
    const step = parts[0].step, buffer = await rendered(notes, steps, step);
    root.buffer = buffer; // what is heard, for who wants to look at it
    stop = played(buffer, {
      moved: seconds => {
        const at = seconds / step, now = parts.findLast(one => one.from <= at) || parts[0];
        if (told.run === run && told.index !== now.index) bench.film().bring(run, now.index);
        place(Math.min(1, (at - now.from) / now.steps));
      },
      over: () => { stop = null; line.remove(); show(); },
    });
    show();
  };

  const keep = async kind => {
    const answer = await server.keep({abc: heardAt(told.index).abc, kind}).catch(() => null);
    said.textContent = answer ? answer.error || '' : 'The server does not answer; try again.';
    if (answer?.file) download(bytesOf(answer.file), TYPES[kind][0], `melody-${told.index + 1}${TYPES[kind][1]}`);
  };

  button('listen').addEventListener('click', () => listen(false));
  button('all')?.addEventListener('click', () => listen(true));
  button('midi').addEventListener('click', () => keep('midi'));
  button('wav').addEventListener('click', () => keep('wav'));
  ended(signal, () => stop?.());
  bench.follow({shown: ({detail}) => {
    if (stop && detail.run !== told?.run) stop();
    told = detail;
    said.textContent = '';
    show();
  }});
  show();
};
