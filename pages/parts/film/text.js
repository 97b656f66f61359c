// The text lanes of the film strip: tokens, ranked choices, stages, code, words. They are DOM elements, and what a frame
// says gets there by textContent only. A lane's elements are kept from frame to frame; running text is only appended to.

import {make, zoomOf} from '../dom.js';
import {markBranch, putBranches, toNewest} from './branches.js';
import {readable} from './draw.js';
import {GROUPS, groupColour, dotsOf, followed, labelled, put_, shareText, strengthOf, valueText, visible} from './words.js';

const putLabel = (node, text) => { // a label with its leading blanks as quiet dots
  if (node.said === text) return;
  node.said = text;
  const blanks = dotsOf(text), rest = visible(text).slice(blanks);
  node.replaceChildren(make('span', 'blank', blanks ? '\u00b7'.repeat(blanks) : rest ? '' : '(empty)'), rest);
};

const CONTEXT = 12; // characters of a common beginning that are read on from
const STEPS = {ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity};

/** The text lanes of a strip. @param {import('../types').Strip} s the strip's state, see strip.js */
export const textLanes = s => {
  // kind -> {make(lane), see?(lane, packed), fit?(lane), reset?(lane), show(lane, packed, index)}
  const TEXT = {};

  const textElement = (title, sample, shape) => { // the lane's figure; `body` is filled by its kind
    const figure = make('figure', `film-lane film-text film-${sample.kind}`), caption = make('figcaption');
    const from = make('span', 'from'), body = make('div', 'film-body');
    caption.append(make('span', '', title), from);
    figure.dataset.name = title;
    figure.append(caption, body);
    const lane = {figure, caption, body, from, title, sample, shape, stale: false, text: TEXT[sample.kind], run: s.film.run};
    lane.text.make(lane);
    return lane;
  };

  const showText = (lane, index) => { // says "from step k" where this frame has nothing new to say
    const [packed, k] = s.search(index, frame => frame.lanes?.[lane.title]);
    if (lane.run !== s.film.run) {
      [lane.run, lane.drawn] = [s.film.run, null];
      lane.text.reset?.(lane);
    }
    lane.body.classList.toggle('none', !packed);
    lane.at = k;
    if (packed) lane.text.show(lane, packed, index);
    return packed && k !== index && !packed.grows ? `from ${s.words(k)}` : '';
  };

  // ---- what is said on hover and focus ----------------------------------------------------------------------------
  const showTip = (target, item, {unit, pick: does}) => {
    const tip = s.find('tip') || s.root.appendChild(make('div', 'film-tip'));
    tip.setAttribute('role', 'tooltip');
    const facts = make('span', 'facts');
    if (Number.isFinite(item.value)) facts.append(make('span', '', readable(item.value)));
    else if (Number.isFinite(item.share)) facts.append(make('span', '', `${unit || 'share'} ${shareText(item.share, unit)}`));
    if (item.id !== undefined && typeof does !== 'string') facts.append(make('span', '', `token ${item.id}`)); // else it is a passage
    tip.replaceChildren(make('b', '', labelled(item.text)), facts, ...(item.note ? [make('span', 'said', item.note)] : []));
    tip.hidden = false;
    const box = s.root.getBoundingClientRect(), at = target.getClientRects()[0] || target.getBoundingClientRect();
    const zoom = zoomOf(s.root), high = tip.offsetHeight + 6; // in the strip's own pixels, as what is set below
    tip.style.left = Math.max(0, Math.min((at.left - box.left) / zoom, box.width / zoom - tip.offsetWidth)) + 'px';
    tip.style.top = (at.top < high * zoom ? (at.bottom - box.top) / zoom + 6 : (at.top - box.top) / zoom - high) + 'px';
  };
  let tipSoon = 0;
  const hideTip = () => { clearTimeout(tipSoon); const tip = s.find('tip'); if (tip) tip.hidden = true; };

  const tips = (lane, which) => { // the tooltip follows the pointer and the focus among the lane's tokens or rows
    const over = event => {
      const target = event.target.closest?.(which);
      hideTip();
      if (!target?.item) return;
      if (which === '.film-tok') showTip(target, target.item, lane.sample);
      else tipSoon = setTimeout(() => target.item && s.root.isConnected && showTip(target, target.item, lane.sample), 400);
    };
    lane.body.addEventListener('pointerover', over);
    lane.body.addEventListener('focusin', over);
    lane.body.addEventListener('pointerleave', hideTip);
    lane.body.addEventListener('focusout', hideTip);
  };

  const pick = (lane, frame, place, item, more = {}) => {
    const detail = {lane: lane.title, frame, item: place, id: item.id ?? null, text: item.text, note: item.note ?? '', ...more};
    s.root.dispatchEvent(new CustomEvent('film-pick', {bubbles: true, detail}));
    s.trigger('pick', detail);
  };

  // ---- tokens -----------------------------------------------------------------------------------------------------
  const tokenSpan = (lane, item, place, frame) => {
    const span = make('span', 'film-tok');
    Object.assign(span, {place, frame});
    span.setAttribute('role', 'button');
    span.tabIndex = place === 0 ? 0 : -1;
    putToken(lane, span, item);
    return span;
  };

  const putToken = (lane, span, item) => {
    if (span.item === item) return;
    span.item = item;
    const parts = visible(item.text).split('\u23ce'), nodes = []; // a line ends behind its sign
    parts.forEach((part, k) => nodes.push(...(k ? [make('i', '', '\u23ce'), make('br')] : []), part));
    span.replaceChildren(...nodes.filter(node => node !== ''));
    if (!item.text) span.append('\u2205');
    if (item.text && !item.text.trim()) span.setAttribute('aria-label', 'a blank');
    else span.removeAttribute('aria-label');
    span.dataset.kind = item.kind || '';
    const quiet = item.kind === 'prompt' && lane.sample.shade !== 'share';
    span.style.setProperty('--s', quiet ? 0 : strengthOf(item.share, lane.sample.shade).toFixed(3));
    grouped(span, item);
    if (Number.isFinite(item.group)) groupKey(lane, item.group);
    else if (Number.isFinite(item.share)) tokenKey(lane);
  };

  const grouped = (node, item) => { // the colour of its group, where it has one
    const colour = groupColour(item);
    node.classList.toggle('grouped', Boolean(colour));
    if (colour) node.style.setProperty('--g', colour);
    else node.style.removeProperty('--g');
  };

  const groupKey = (lane, group) => { // the legend: a number in each group's colour; where colours repeat it says nothing
    lane.key ||= lane.caption.appendChild(make('span', 'film-groups'));
    if (group >= GROUPS.length) lane.key.replaceChildren();
    if (group >= GROUPS.length || lane.key.none) { lane.key.none = true; return; }
    for (let k = lane.key.children.length; k <= group; k++) {
      const swatch = make('i', '', k + 1);
      swatch.style.setProperty('--g', GROUPS[k]);
      lane.key.append(swatch);
    }
  };

  const tokenKey = lane => { // the legend: what the shade says
    if (lane.key) return;
    lane.key = make('span', 'film-shade');
    const ends = lane.sample.shade === 'share' ? ['little', 'much'] : ['expected', 'surprising'];
    lane.key.append(ends[0], make('i'), ends[1]);
    lane.caption.append(lane.key);
  };

  TEXT.tokens = {
    make: lane => {
      lane.text.reset(lane);
      tips(lane, '.film-tok');
      lane.body.addEventListener('click', event => chosen(lane, event.target.closest('.film-tok')));
      lane.body.addEventListener('keydown', event => walk(lane, event));
    },
    reset: lane => {
      lane.body.replaceChildren();
      Object.assign(lane, {spans: [], ends: [], holes: [], upTo: 0, now: []});
    },
    show: (lane, packed, index) => {
      if (packed.grows) { grow(lane, index); return; }
      if (lane.drawn === packed) return;
      lane.drawn = packed;
      packed.items.forEach((item, place) => {
        const span = lane.spans[place];
        if (!span) { lane.body.append(lane.spans[place] = tokenSpan(lane, item, place, lane.at)); return; }
        span.frame = lane.at;
        putToken(lane, span, item);
      });
      lane.spans.splice(packed.items.length).forEach(span => span.remove());
    },
  };

  const grow = (lane, index) => { // all frames' tokens are on the page; those of later frames keep their place unseen
    const itemsOf = k => s.film.frames[k]?.lanes?.[lane.title]?.items;
    if (lane.holes.some(itemsOf)) lane.text.reset(lane); // a frame that was late
    const fresh = document.createDocumentFragment();
    for (let k = lane.ends.length; k < s.film.frames.length; k++) {
      if (!s.film.frames[k]) lane.holes.push(k);
      for (const item of itemsOf(k) || []) {
        const span = tokenSpan(lane, item, lane.spans.length, k);
        span.classList.add('later');
        fresh.append(span);
        lane.spans.push(span);
      }
      lane.ends.push(lane.spans.length);
    }
    lane.body.append(fresh);
    const count = lane.ends[Math.min(index, lane.ends.length - 1)] ?? 0, before = lane.ends[index - 1] ?? 0;
    for (let k = Math.min(count, lane.upTo); k < Math.max(count, lane.upTo); k++) lane.spans[k].classList.toggle('later', k >= count);
    lane.now.forEach(span => span.classList.remove('now'));
    lane.now = lane.spans.slice(before, count).filter(span => span.item.kind !== 'prompt');
    lane.now.forEach(span => span.classList.add('now'));
    if (lane.upTo !== count && count) inView(lane, lane.spans[count - 1]);
    lane.upTo = count;
  };

  const inView = ({body}, span) => { // of the lane's own box, which scrolls where the text is long
    if (body.scrollHeight <= body.clientHeight + 1) return;
    const [at, box] = [span.getBoundingClientRect(), body.getBoundingClientRect()];
    if (at.bottom > box.bottom) body.scrollTop += at.bottom - box.bottom + 8;
    else if (at.top < box.top) body.scrollTop -= box.top - at.top + 8;
  };

  const chosen = (lane, span) => {
    if (!span) return;
    s.stop();
    if (lane.sample.grows) s.go(span.frame);
    rove(lane, span.place, false);
    pick(lane, span.frame, span.place, span.item);
  };

  const rove = (lane, place, focus = true) => { // one token at a time can be reached by Tab, the others by arrows
    const span = lane.spans[Math.max(0, Math.min(lane.spans.length - 1, place))];
    lane.spans[lane.place ?? 0]?.setAttribute('tabindex', '-1');
    lane.place = span.place;
    span.tabIndex = 0;
    if (focus) span.focus();
  };

  const walk = (lane, event) => {
    const span = event.target.closest('.film-tok');
    if (!span || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' || event.key === ' ') chosen(lane, span);
    else if (event.key in STEPS) rove(lane, Math.min(span.place + STEPS[event.key], (lane.sample.grows ? lane.upTo : lane.spans.length) - 1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  // ---- ranked choices ---------------------------------------------------------------------------------------------
  const rowFor = (box, place, can) => {
    let row = box.children[place];
    if (!row) {
      row = make(can ? 'button' : 'div', 'film-row');
      if (can) row.type = 'button';
      const bar = make('span', 'bar');
      bar.append(make('i'));
      row.append(make('span', 'label'), bar, make('span', 'value'));
      box.append(row);
    }
    return row;
  };

  const shared = items => { // how much the beginnings of texts have in common, but for what is kept to read on from
    const [first, ...rest] = items.map(item => item.text);
    let n = rest.length ? first.length : 0;
    for (const text of rest) while (!text.startsWith(first.slice(0, n))) n--;
    return Math.max(0, first.lastIndexOf(' ', n - CONTEXT));
  };

  const putRows = (box, items, {pick: can, unit, long}) => { // rows are kept, so that the focus stays; what is too many is unseen
    const skip = long && items.length ? shared(items) : 0;
    items.forEach((item, place) => {
      const row = rowFor(box, place, can), [label, bar, value] = row.children;
      row.classList.remove('unused');
      Object.assign(row, {item, place: item.place ?? place, from: item.stage});
      row.dataset.kind = item.kind || '';
      row.dataset.key = item.id ?? item.text;
      grouped(row, item);
      putLabel(label, skip ? `\u2026${item.text.slice(skip)}` : item.text);
      put_(value, valueText(item, unit));
      const share = Number.isFinite(item.share) ? item.share : 0;
      bar.firstChild.style.setProperty('--s', share.toFixed(4));
      bar.classList.toggle('some', share > 0);
      if (can) row.setAttribute('aria-label', `${can === true ? 'go on with' : can} \u201c${labelled(item.text)}\u201d, ${value.textContent}`);
    });
    for (let place = items.length; place < box.children.length; place++) {
      box.children[place].classList.add('unused');
      box.children[place].item = null;
    }
  };

  const clickRows = lane => {
    tips(lane, '.film-row');
    lane.body.addEventListener('click', event => {
      const row = event.target.closest('button.film-row');
      if (!row?.item) return;
      s.stop();
      pick(lane, lane.at, row.place, row.item, row.from === undefined ? {} : {stage: row.from});
    });
  };

  TEXT.ranked = {
    make: clickRows,
    reset: lane => lane.body.replaceChildren(),
    show: (lane, packed) => {
      if (lane.drawn === packed) return;
      lane.drawn = packed;
      lane.figure.classList.toggle('film-long', Boolean(packed.long));
      putRows(lane.body, packed.items, packed);
    },
  };

  // ---- stages -----------------------------------------------------------------------------------------------------
  TEXT.stages = {
    make: lane => {
      lane.figure.classList.toggle('film-tree', Boolean(lane.sample.tree));
      if (!lane.sample.pick) lane.body.tabIndex = 0; // it scrolls, and has nothing else that the keys reach
      clickRows(lane);
      const mark = key => lane.body.querySelectorAll('.film-row').forEach(row => row.classList.toggle('same', row.dataset.key === key));
      for (const name of ['pointerover', 'focusin']) {
        lane.body.addEventListener(name, event => {
          const row = event.target.closest?.('.film-row');
          if (lane.sample.tree) markBranch(lane.body, row); else mark(row?.dataset.key);
        });
      }
      for (const name of ['pointerleave', 'focusout']) lane.body.addEventListener(name, () => (lane.sample.tree ? markBranch(lane.body, null) : mark(null)));
    },
    reset: lane => lane.body.replaceChildren(),
    show: (lane, packed) => {
      if (lane.drawn === packed) return;
      lane.drawn = packed;
      const most = Math.max(...s.film.frames.map(frame => frame?.lanes?.[lane.title]?.stages?.length || 0)); // the later ones have their place
      while (lane.body.children.length < most) {
        const column = make('div', 'film-column');
        column.append(make('b'), make('p'), make('div', 'rows'));
        lane.body.append(column);
      }
      followed(packed).forEach((stage, k) => {
        const column = lane.body.children[k], [name, note, rows] = column.children;
        column.hidden = false;
        put_(name, stage.name);
        put_(note, stage.note);
        putRows(rows, stage.items, packed);
      });
      for (let k = packed.stages.length; k < lane.body.children.length; k++) lane.body.children[k].hidden = true;
      if (!packed.tree) return;
      putBranches(lane.body, packed.stages);
      toNewest(lane.body, packed.stages.length);
    },
  };

  // ---- code and words ---------------------------------------------------------------------------------------------
  const plain = name => ({
    make: lane => {
      const node = lane.body.appendChild(make(name));
      if (name === 'pre') node.tabIndex = 0; // it scrolls where it is long
    },
    show: (lane, packed) => {
      const node = lane.body.firstChild;
      put_(node, packed.text);
      if (name === 'p') node.dir = 'auto';
    },
  });
  TEXT.code = plain('pre');
  TEXT.words = plain('p');

  return {TEXT, textElement, showText, pick};
};
