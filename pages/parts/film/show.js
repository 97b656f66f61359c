// What a frame paints on the stage.

import {make} from '../dom.js';
import {barsSaid, curveSaid, describe, planeSaid} from './said.js';
import {drawBars, drawCurves, drawPictures, drawPlane, numbersOf, readable} from './draw.js';
import {unitOf} from './words.js';

const DIGITS = 3; // of a readout
const CHARTED = 250; // ms: while frames come in live, charts and what is said of a picture follow no quicker

/** @param {import('../types').Strip} s the strip's state, see strip.js */
export const showing = s => {
  // ---- one frame --------------------------------------------------------------------------------------------------
  const layersAt = (title, index) => {
    const layers = {};
    const add = layer => {
      if (layer.as === 'heat') { layers.heat = {...layer, image: s.picture(layer)}; return; }
      if (!s.images.has(layer)) s.images.set(layer, numbersOf(layer));
      layers[layer.as] = {...layer, values: s.images.get(layer)};
    };
    s.search(index, frame => frame.lanes?.[title])[0]?.layers.forEach(layer => {
      if (['real', 'heat'].includes(layer.as) || s.film.frames[index]?.lanes?.[title]) add(layer);
    });
    for (const kind of ['real', 'heat']) { // one that is absent keeps what it last showed
      if (!layers[kind]) {
        const [layer] = s.search(index, frame => frame.lanes?.[title]?.layers.find(one => one.as === kind));
        if (layer) add(layer);
      }
    }
    return layers;
  };

  const drawLane = (lane, index, g) => { // false where its picture is not decoded yet
    if (lane.sample.kind === 'pictures') {
      const [packed, k] = s.search(index, frame => frame.lanes?.[lane.title]), image = packed && s.picture(packed);
      if (!packed) { g.clearRect(0, 0, g.canvas.width, g.canvas.height); return [true, '']; }
      if (!image?.complete) return [false, ''];
      if (image.naturalWidth) drawPictures(g, packed, image, lane.fit, s.paint, s.dots);
      return [true, k === index ? '' : `from ${s.words(k)}`];
    }
    const layers = layersAt(lane.title, index);
    drawPlane(g, lane.sample.limit, layers, s.dots, s.paint, lane.sample.axes);
    if (g.canvas === lane.canvas) {
      keysOf(lane, layers);
      if (!hurried) describe(lane.canvas, planeSaid(lane.title, lane.sample.limit, layers));
    }
    return [!layers.heat?.image || layers.heat.image.complete, ''];
  };

  const keysOf = (lane, layers) => { // direct names for the colours, where there is more than one
    const shown = ['real', 'generated', 'other'].filter(kind => layers[kind]);
    const colour = {real: 'var(--f-real)', generated: 'var(--f-family)', other: s.paint.other};
    const parts = shown.length > 1 ? shown.map(kind => [kind, layers[kind].called || kind, colour[kind]]) : [];
    const heat = layers.heat;
    if (heat && heat.high > heat.low) {
      const signed = heat.low < 0 && heat.high > 0, mix = s.paint.dark ? '#1c1d1f' : '#fafafa';
      const [blue, red] = s.paint.dark ? ['#3aa0dd', '#ff9a4a'] : ['#0072B2', '#D55E00'];
      const low = Math.abs(heat.low) < 1e-4 * Math.abs(heat.high) ? 0 : heat.low; // nothing, where it is next to the highest
      parts.push(['heat', `${readable(low)} to ${readable(heat.high)}`,
        (([low, high]) => (signed ? `linear-gradient(90deg, ${low}, ${mix}, ${high})` : `linear-gradient(90deg, ${mix}, ${high})`))(
          [red, blue].map(colour => (layers.generated ? `color-mix(in srgb, ${colour} 50%, ${mix})` : colour)))]);
    }
    const now = JSON.stringify(parts);
    if (lane.keys === now) return;
    lane.keys = now;
    const old = lane.caption.querySelectorAll('.film-key');
    if (old.length !== parts.length) { s.fitted = ''; s.dirty = true; s.wake(); } // they need a line
    old.forEach(one => one.remove());
    for (const [kind, text, background] of parts) {
      const key = make('span', 'film-key', text);
      key.dataset.as = kind;
      key.style.setProperty('--c', background);
      lane.caption.append(key);
    }
  };

  const phases = at => { // where each phase of the film begins, in steps of the axis
    const found = [];
    s.film.frames.forEach((frame, k) => {
      const title = frame.numbers?.find(entry => entry.phase)?.value;
      if (title && title !== found.at(-1)?.title) found.push({x: at(k), title});
    });
    return found;
  };

  const drawChart = (chart, index, g) => {
    if (chart.kind === 'bars') {
      const [bars] = s.search(index, frame => frame.bars?.[chart.title]);
      if (!bars) { g.clearRect(0, 0, g.canvas.width, g.canvas.height); return; }
      const seen = s.film.frames.flatMap(frame => frame.bars?.[chart.title]?.values || []).filter(Number.isFinite);
      drawBars(g, bars.values, {limit: bars.limit, low: Math.min(...seen, 0), high: Math.max(...seen, 0)}, s.dots, s.paint);
      if (g.canvas === chart.canvas) describe(chart.canvas, barsSaid(chart.title, chart.unit, bars.values));
      return;
    }
    const series = [...chart.series.values()].map(title => ({title, values: []}));
    const names = [...chart.series.keys()];
    const last = s.film.frames.length - 1;
    const against = s.film.frames[last]?.numbers?.find(entry => names.includes(entry.name))?.against; // another number on the axis
    const counted = s.steady() && (!against || against === 'step'), at = counted ? s.stepOf : s.placeOf;
    s.film.frames.forEach((frame, k) => (frame.numbers || []).forEach(entry => {
      const which = names.indexOf(entry.name);
      if (which >= 0) series[which].values.push([at(k), entry.value ?? NaN]);
    }));
    const aim = s.film.done ? 0 : counted ? s.totalOf(last) ?? 0 : s.film.total ? s.labelOf(s.film.total - 1) : 0;
    const valueAt = k => s.film.frames[k]?.numbers?.find(entry => entry.name === against);
    const named = mark => readable((counted ? mark : valueAt(s.film.frames.findIndex((_, k) => at(k) === mark))?.value) ?? mark);
    const first = series.flatMap(one => one.values.filter(pair => Number.isFinite(pair[1]))).reduce((least, [x]) => Math.min(least, x), Infinity);
    const start = against && !counted && Number.isFinite(first) ? first : at(0); // of another number than steps: from where it has a value
    const xTitle = counted ? 'step' : valueAt(last)?.title || (s.told(last) === null ? 'step' : 'frame');
    chart.at = at;
    chart.frame = drawCurves(g, series, {x: [start, Math.max(aim, at(last), start + 1)], now: at(index), xTitle, named, parts: phases(at)}, s.dots, s.paint);
    if (g.canvas === chart.canvas) describe(chart.canvas, curveSaid(chart.title, chart.unit, series, at(index)));
  };

  let hurried = false;
  const charted = {at: -Infinity, paint: null, timer: 0};
  const hurries = (refitted, now) => { // whether charts may wait: a live film is followed, and they were drawn a moment ago
    const live = s.follow && !s.film.done && s.film.frames.length > 2;
    if (!live || refitted || s.paint !== charted.paint || now >= charted.at + CHARTED) { [charted.at, charted.paint] = [now, s.paint]; return false; }
    charted.timer ||= setTimeout(() => { charted.timer = 0; s.dirty = true; s.wake(); }, charted.at + CHARTED - now);
    return true;
  };

  const show = () => { // everything that depends on the current frame
    const frame = s.film.frames[s.pos] || s.search(s.pos, one => one)[0];
    s.drop();
    for (const lane of s.lanes.values()) { // a frame without such a lane: no gap
      const gone = Boolean(lane.text && !lane.sample.grows && !lane.sample.keeps && frame && !frame.lanes?.[lane.title]);
      if (lane.figure.hidden !== gone) [lane.figure.hidden, s.fitted] = [gone, ''];
    }
    const fitted = s.fitted;
    if (!s.fit()) return false;
    hurried = hurries(s.fitted !== fitted, performance.now());
    let ready = true;
    for (const lane of s.lanes.values()) {
      const [drawn, from] = lane.text ? [true, s.showText(lane, s.pos)] : drawLane(lane, s.pos, lane.canvas.getContext('2d'));
      ready &&= drawn;
      if (lane.from.textContent !== from) lane.from.textContent = from;
    }
    if (!hurried) for (const chart of s.charts.values()) drawChart(chart, s.pos, chart.canvas.getContext('2d'));
    if (frame) showNumbers(frame);
    return ready;
  };

  const showNumbers = frame => {
    s.numbers.forEach(one => { one.value = one.unit = ''; });
    for (const entry of frame.numbers || []) {
      if (entry.name === 'step' && s.told(s.pos) !== null) continue; // the transport says it
      let one = s.numbers.get(entry.name);
      if (!one) {
        const box = make('div'), dd = make('dd'), parts = [make('span'), make('span')]; // number and unit
        dd.append(...parts);
        box.append(make('dt', '', entry.title), dd);
        box.dataset.name = entry.name;
        s.find('numbers').append(box);
        s.numbers.set(entry.name, one = {dd, parts, shown: []});
      }
      [one.value, one.unit] = [readable(entry.value, Math.min(entry.digits, DIGITS)), unitOf(entry)];
    }
    s.numbers.forEach(one => [one.value || '\u2013', one.unit && '\u2009' + one.unit].forEach((text, k) => {
      if (one.shown[k] !== text) one.parts[k].textContent = one.shown[k] = text; // the language may have exchanged it since
    }));
  };

  return {show, drawLane, drawChart};
};
