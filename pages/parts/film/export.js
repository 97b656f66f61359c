// Export in the browser: PNG with the recipe in a tEXt chunk, GIF with it in the comment, video. Nothing is sent anywhere.

import {download, make} from '../dom.js';
import {FONT, readable} from './draw.js';
import {makeGif} from './gif.js';
import {notebookOf} from './notebook.js';
import {pngWithText} from './png.js';
import {makeVideo} from './video.js';
import {unitOf} from './words.js';

const MOST_FRAMES = 300, MOST_SIDE = 2000; // pictures of a GIF; pixels of an export
const SLIDE = {width: 1920, height: 1080, edge: 64, top: 120, foot: 96}; // pixels

/** What the menu can make: name -> function. @param {import('../types').Strip} s the strip's state, see strip.js */
export const exporters = s => {
  const nameOf = ending => {
    const recipe = s.film.recipe, run = String(recipe?.run || 'film').replace(/[^a-z0-9]+/gi, '-');
    return `${run}-seed-${recipe?.seed ?? 0}${ending}`;
  };

  const decoded = index => Promise.all([...s.lanes.values()].filter(lane => !lane.text).flatMap(lane => {
    const parts = lane.sample.kind === 'pictures' ? [s.search(index, frame => frame.lanes?.[lane.title])[0]]
      : [s.search(index, frame => frame.lanes?.[lane.title]?.layers.find(one => one.as === 'heat'))[0]];
    return parts.filter(Boolean).map(part => s.picture(part)?.decode().catch(() => {}));
  }));

  const arrange = (least = 640) => { // where each lane and chart goes on the exported picture, in device pixels
    const px = n => Math.round(n * s.dots), gap = px(24), edge = px(16), head = px(24), boxes = [];
    const wide = Math.max(px(least), ...[...s.lanes.values()].map(lane => lane.canvas?.width || px(lane.figure.clientWidth))) + 2 * edge;
    let [x, y, row, right] = [edge, edge, 0, px(320)];
    for (const one of [...s.lanes.values(), ...s.charts.values()]) {
      const {width, height} = one.canvas || s.textSize(one, Math.min(wide - 2 * edge, px(one.figure.clientWidth)));
      if (x > edge && x + width > wide - edge) { x = edge; y += row + gap; row = 0; }
      boxes.push({one, x, y, width, height});
      [x, row, right] = [x + width + gap, Math.max(row, height + head), Math.max(right, x + width)];
    }
    return {boxes, head, edge, width: right + edge, height: y + row + px(64)};
  };

  const compose = async (index, plan, canvas) => { // the whole stage at a frame, on a canvas of its own
    await decoded(index);
    const g = canvas.getContext('2d', {willReadFrequently: true}), shrink = Math.min(1, MOST_SIDE / plan.width, MOST_SIDE / plan.height);
    canvas.width = Math.floor(plan.width * shrink); canvas.height = Math.floor(plan.height * shrink);
    g.fillStyle = s.paint.surface.startsWith('rgba') ? (s.paint.dark ? '#16181c' : '#ffffff') : s.paint.surface;
    g.fillRect(0, 0, canvas.width, canvas.height);
    g.scale(shrink, shrink);
    g.imageSmoothingEnabled = shrink < 1;
    g.textBaseline = 'top';
    const text = (words_, x, y, colour, width) => { g.fillStyle = colour; g.font = `${13 * s.dots}px ${FONT}`; g.fillText(words_, x, y, width); };
    for (const {one, x, y, width, height} of plan.boxes) {
      const own = Object.assign(make('canvas'), {width, height}), h = own.getContext('2d');
      one.text ? s.paintText(one, index, h, width) : one.sample ? s.drawLane(one, index, h) : s.drawChart(one, index, h);
      text(one.title + (one.unit ? `, ${one.unit}` : ''), x, y, s.paint.ink, Math.max(width, 100 * s.dots));
      g.drawImage(own, x, y + plan.head);
    }
    const frame = s.search(index, one => one)[0];
    const said = (frame?.numbers || []).filter(entry => entry.name !== 'step').map(entry => [entry.title, readable(entry.value, entry.digits), unitOf(entry)].join(' ').trim());
    const room = plan.width - 2 * plan.edge;
    text([s.wordsOf(index), ...said].join('   '), plan.edge, plan.height - 52 * s.dots, s.paint.ink, room);
    text(`${s.film.recipe?.run || ''}, seed ${s.film.recipe?.seed ?? 0}`, plan.edge, plan.height - 28 * s.dots, s.paint.muted, room);
    return g;
  };

  const settings = () => { // what was asked for, in words
    const {options = {}, seed = 0, model} = s.film.recipe || {};
    const short = Object.entries(options).filter(([, value]) => value !== null && value !== '' && String(value).length < 28);
    return [...short.map(([name, value]) => `${name.replaceAll('_', ' ')} ${readable(value)}`), `seed ${seed}`, ...(model ? [model] : [])].join(', ');
  };

  const slide = async canvas => { // the stage as large as it gets on a slide, under its title, over its settings
    const {width, height, edge, top, foot} = SLIDE, stage = make('canvas'), room = {width: width - 2 * edge, height: height - top - foot};
    const scale = plan => Math.min(room.width / plan.width, room.height / plan.height);
    const plan = [640, 900, 1200, 1600, 2000].map(arrange).reduce((best, one) => (scale(one) > scale(best) ? one : best));
    await compose(s.pos, plan, stage);
    Object.assign(canvas, {width, height});
    const g = canvas.getContext('2d'), k = scale(stage), whole = k >= 1 ? Math.floor(2 * k) / 2 : k;
    g.fillStyle = s.paint.dark ? '#16181c' : '#ffffff';
    g.fillRect(0, 0, width, height);
    g.imageSmoothingEnabled = whole < 1 || whole % 1 !== 0;
    g.drawImage(stage, (width - stage.width * whole) / 2, top + (room.height - stage.height * whole) / 2, stage.width * whole, stage.height * whole);
    const line = (words, size, y, colour, weight = 400) => { g.font = `${weight} ${size}px ${FONT}`; g.fillStyle = colour; g.fillText(words, edge, y, room.width); };
    g.textBaseline = 'alphabetic';
    line(`${document.querySelector('h1')?.textContent || ''}: ${s.root.getAttribute('aria-label')}`, 44, 80, s.paint.ink, 600);
    line(settings(), 26, height - 40, s.paint.muted);
  };

  const save = async (canvas, ending) => {
    const blob = await new Promise(done => canvas.toBlob(done, 'image/png'));
    const png = new Uint8Array(await blob.arrayBuffer());
    download(pngWithText(png, 'recipe', JSON.stringify(s.film.recipe || {})), 'image/png', nameOf(ending));
  };

  return {
    png: async () => {
      const canvas = make('canvas');
      await compose(s.pos, arrange(), canvas);
      await save(canvas, `-step-${s.stepOf(s.pos)}.png`);
    },
    slide: async () => {
      const canvas = make('canvas');
      await slide(canvas);
      await save(canvas, `-step-${s.stepOf(s.pos)}-slide.png`);
    },
    gif: async () => {
      const canvas = make('canvas'), plan = arrange(), every = Math.max(1, Math.ceil(s.film.frames.length / MOST_FRAMES));
      const which = s.film.frames.map((_, k) => k).filter(k => k % every === 0 || k === s.film.frames.length - 1).slice(-MOST_FRAMES);
      const pixels = async k => { const g = await compose(which[k], plan, canvas); return g.getImageData(0, 0, canvas.width, canvas.height).data; };
      await pixels(0);
      const gif = await makeGif(pixels, which.length, {
        width: canvas.width, height: canvas.height, delay: s.interval() * every, comment: JSON.stringify(s.film.recipe || {}),
        progress: share => { s.find('note').textContent = `GIF ${Math.round(100 * share)} %`; },
      });
      download(gif, 'image/gif', nameOf('.gif'));
    },
    webm: async () => {
      const made = make('canvas'), plan = arrange(), count = s.film.frames.length;
      const frame = async k => { await compose(k, plan, made); return made; };
      await frame(0);
      const progress = share => { s.find('note').textContent = `Video ${Math.round(100 * share)} %`; };
      const film_ = await makeVideo(frame, count, {width: made.width, height: made.height, delay: s.interval() / s.speed, progress});
      download(film_, film_.type, nameOf(film_.type.includes('mp4') ? '.mp4' : '.webm'));
    },
    ipynb: async () => {
      const lanes = [...s.lanes.keys()], curves = [...s.charts.values()].filter(chart => chart.kind === 'curve').map(chart => chart.title);
      const title = `${document.querySelector('h1')?.textContent || 'Run'}: ${s.root.getAttribute('aria-label')}`;
      const notebook = notebookOf({title, recipe: s.film.recipe || {}, lanes, curves});
      download(JSON.stringify(notebook, null, 1), 'application/x-ipynb+json', nameOf('.ipynb'));
    },
    json: async () => download(JSON.stringify(s.film.recipe || {}, null, 2), 'application/json', nameOf('.json')),
  };
};
