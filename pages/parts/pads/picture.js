// The picture pad: 28x28 grey levels, kept as bytes and drawn as such; the text of the value is made when a stroke ends.

import {bytesOf, clamp, crc, make, recoloured, textOf} from '../dom.js';
import {padOf} from './tools.js';

const SIDE = 28, MOST_BYTES = 20e6, MOST_UNDO = 40, SAMPLES = 100;
const bus = new EventTarget(), onPads = new Map(); // pads tell each other what they show: own name -> text

// ---- text <-> pixels --------------------------------------------------------------------------------------------
const word = n => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const chunk = (name, body) => { const named = [...new TextEncoder().encode(name), ...body]; return [...word(body.length), ...named, ...word(crc(named))]; };
const squeezed = async raw => { // the zlib stream of a PNG; unpacked where the browser cannot pack
  if (window.CompressionStream) return [...new Uint8Array(await new Response(new Blob([raw]).stream().pipeThrough(new CompressionStream('deflate'))).arrayBuffer())];
  let [a, b] = [1, 0];
  for (const one of raw) { a = (a + one) % 65521; b = (b + a) % 65521; }
  return [0x78, 1, 1, raw.length & 255, raw.length >> 8, ~raw.length & 255, (~raw.length >> 8) & 255, ...raw, ...word(((b << 16) | a) >>> 0)];
};
const pngOf = async grey => {
  const raw = new Uint8Array(SIDE * (SIDE + 1));
  for (let y = 0; y < SIDE; y++) raw.set(grey.subarray(y * SIDE, (y + 1) * SIDE), y * (SIDE + 1) + 1);
  const head = [...word(SIDE), ...word(SIDE), 8, 0, 0, 0, 0];
  return textOf([137, 80, 78, 71, 13, 10, 26, 10, ...chunk('IHDR', head), ...chunk('IDAT', await squeezed(raw)), ...chunk('IEND', [])]);
};

const greyOf = (drawable, ...where) => { // where: arguments of drawImage; what is outside is black
  const own = Object.assign(make('canvas'), {width: SIDE, height: SIDE}), h = own.getContext('2d', {willReadFrequently: true});
  h.fillStyle = '#000';
  h.fillRect(0, 0, SIDE, SIDE);
  h.imageSmoothingQuality = 'high';
  h.drawImage(drawable, ...where);
  const {data} = h.getImageData(0, 0, SIDE, SIDE);
  return Uint8Array.from({length: SIDE * SIDE}, (_, k) => Math.round(0.299 * data[4 * k] + 0.587 * data[4 * k + 1] + 0.114 * data[4 * k + 2]));
};

const base = () => new URL((window.gradio_config?.root || '.').replace(/\/?$/, '/'), document.baseURI);

let arriving = null; // the test pictures, one sheet for all pads
const testSheet = address => (arriving ??= (async () => {
  const image = new Image();
  for (let tries = 0; ; tries++) { // a busy machine drops a decoding now and then
    image.src = address;
    try { await image.decode(); return image; } catch (error) { if (tries === 4) throw error; }
    await new Promise(done => setTimeout(done, 300));
  }
})().catch(error => { arriving = null; throw error; }));

const sampleOf = text => { const found = /^sample:(\d{1,3})$/.exec(text); return found && +found[1] < SAMPLES ? +found[1] : null; };
const halfMask = () => Uint8Array.from({length: SIDE * SIDE}, (_, k) => (k % SIDE >= SIDE / 2 ? 255 : 0));
const middleMask = () => Uint8Array.from({length: SIDE * SIDE}, (_, k) => (k % SIDE >= 8 && k % SIDE < 20 && k >= 8 * SIDE && k < 20 * SIDE ? 255 : 0));

const fitted = bitmap => { // whole picture, centred, black at its sides; first to at most eight times the size, then to it
  const {width, height} = bitmap, share = SIDE / Math.max(width, height);
  const sizes = [8, 4, 2, 1].map(k => [Math.max(1, Math.round(width * share * k)), Math.max(1, Math.round(height * share * k))]);
  let now = bitmap;
  for (const [w, h] of sizes.filter(([w], k) => k === 3 || w < width)) {
    const own = Object.assign(make('canvas'), {width: w, height: h}), to = own.getContext('2d');
    to.imageSmoothingQuality = 'high';
    to.drawImage(now, 0, 0, w, h);
    now = own;
  }
  return greyOf(now, Math.floor((SIDE - now.width) / 2), Math.floor((SIDE - now.height) / 2));
};

/** @param {import('../types').Mount} mount */
export const picture = ({element, props, trigger, watch, SETTINGS}) => {
  const pad = padOf({element, props, SETTINGS}), {root, canvas, frame, given, say, colour, tool, signal} = pad;
  const masking = root.classList.contains('masked'), input = root.querySelector('input[type=file]'), invert = root.querySelector('.pad-invert');
  const g = canvas.getContext('2d');
  let photo = false; // whether a picture in colour shines through the mask
  let pixels = new Uint8Array(SIDE * SIDE), behind = new Uint8Array(SIDE * SIDE), shown = null, undone = [], before = null, last = null, turn = 0, note = '';

  const sheetAddress = () => new URL(given.sheet, location.origin === base().origin ? base() : document.baseURI).href;
  const read = async (text, whole) => { // the pixels of a value; rejects where it is none
    if (!text) return whole ? halfMask() : new Uint8Array(SIDE * SIDE);
    const sample = sampleOf(text);
    if (sample !== null) return greyOf(await testSheet(sheetAddress()), (sample % 10) * SIDE, Math.floor(sample / 10) * SIDE, SIDE, SIDE, 0, 0, SIDE, SIDE);
    const picture = await createImageBitmap(new Blob([bytesOf(text)], {type: 'image/png'}));
    if (picture.width !== SIDE || picture.height !== SIDE) throw Error('size');
    const grey = greyOf(picture, 0, 0);
    return whole ? grey.map(one => (one > 127 ? 255 : 0)) : grey;
  };

  // ---- what is seen -----------------------------------------------------------------------------------------------
  const rgb = text => { g.fillStyle = '#888'; g.fillStyle = text; const hex = g.fillStyle; return [1, 3, 5].map(k => parseInt(hex.slice(k, k + 2), 16) || 0); };
  const paint = () => {
    const image = g.createImageData(SIDE, SIDE), tint = masking ? rgb(colour('family')) : null;
    for (let k = 0; k < SIDE * SIDE; k++) {
      const under = masking ? behind[k] : pixels[k], cover = masking && pixels[k] ? 0.6 : 0, whole = photo ? 0 : under * (1 - cover);
      for (let c = 0; c < 3; c++) image.data[4 * k + c] = cover ? whole + tint[c] * (photo ? 1 : cover) : under;
      image.data[4 * k + 3] = photo ? 255 * cover : 255;
    }
    g.putImageData(image, 0, 0);
  };

  const describe = () => {
    const sample = sampleOf(shown ?? ''), whites = pixels.filter(one => one > 127).length;
    if (masking) return whites ? `${Math.round(100 * whites / SIDE / SIDE)} % is painted anew` : 'Nothing marked yet; draw over what to paint anew.';
    if (sample !== null) return `Test picture ${sample}: ${given.names[Math.floor(sample / 10)]}`;
    return shown ? 'Your drawing' : 'Empty; draw on it, or choose a test picture.';
  };
  const tell = text => { note = text || ''; invert.hidden = !note; say(note || describe()); };

  const announce = () => {
    onPads.set(given.own, shown);
    bus.dispatchEvent(new CustomEvent('shown', {detail: given.own}));
  };

  // ---- values in and out ------------------------------------------------------------------------------------------
  const absorb = async () => {
    const text = typeof props.value === 'string' ? props.value : '';
    if (text === shown) return;
    const mine = ++turn;
    try {
      const found = await read(text, masking);
      if (mine !== turn) return;
      [pixels, shown, undone, before] = [found, text, [], null];
      tell('');
    } catch {
      if (mine !== turn) return;
      [pixels, shown, before] = [new Uint8Array(SIDE * SIDE), text, null];
      say('This picture could not be read; draw one, or choose another.', true);
    }
    paint();
    announce();
  };

  const give = text => { // a value of the visitor's
    shown = text;
    props.value = text;
    trigger('input');
    announce();
  };
  const remember = () => { undone.push({pixels: pixels.slice(), shown, note}); undone = undone.slice(-MOST_UNDO); };
  const commit = async (said = '', text = null) => {
    const mine = ++turn;
    paint();
    const made = text ?? await pngOf(pixels);
    if (mine !== turn) return;
    give(made);
    tell(said);
  };

  // ---- drawing ----------------------------------------------------------------------------------------------------
  const radius = () => (masking ? (tool.large ? 4 : 1.6) : tool.large ? 1.9 : 0.9);
  const dab = (x, y, erase) => {
    const r = radius(), reach = Math.ceil(r + 1);
    for (let j = Math.max(0, Math.floor(y) - reach); j <= Math.min(SIDE - 1, Math.floor(y) + reach); j++) {
      for (let i = Math.max(0, Math.floor(x) - reach); i <= Math.min(SIDE - 1, Math.floor(x) + reach); i++) {
        let cover = clamp(r + 0.5 - Math.hypot(i + 0.5 - x, j + 0.5 - y), 0, 1);
        if (masking) cover = cover >= 0.5 ? 1 : 0;
        const k = j * SIDE + i, level = Math.round(255 * cover);
        pixels[k] = erase ? Math.min(pixels[k], 255 - level) : Math.max(pixels[k], level);
      }
    }
  };
  pad.wireStrokes({
    step: 1 / SIDE, radius: () => radius() / SIDE,
    start: at => { turn += 1; remember(); before = true; last = at; dab(at.x * SIDE, at.y * SIDE, at.erase); paint(); },
    move: at => {
      if (!before) return;
      const [dx, dy] = [(at.x - last.x) * SIDE, (at.y - last.y) * SIDE], steps = Math.max(1, Math.ceil(Math.hypot(dx, dy) / 0.35));
      for (let k = 1; k <= steps; k++) dab(last.x * SIDE + dx * k / steps, last.y * SIDE + dy * k / steps, at.erase);
      last = at;
      paint();
    },
    end: () => { if (before) { before = null; commit(); } },
  });

  const put = (made, said = '', text = null) => { remember(); pixels = made; commit(said, text); };
  const pick = async n => {
    const text = `sample:${(n + SAMPLES) % SAMPLES}`;
    try { put(await read(text), '', text); } catch { say('The test pictures did not arrive; reload the page.', true); }
  };
  const beside = way => { const sample = sampleOf(shown ?? ''); pick(sample === null ? (way > 0 ? 0 : SAMPLES - 1) : sample + way); };

  // ---- uploads ----------------------------------------------------------------------------------------------------
  const load = async file => {
    if (!file) return;
    if (file.size > MOST_BYTES) { say(`The file has ${Math.ceil(file.size / 1e6)} MB; the limit is ${MOST_BYTES / 1e6}, choose a smaller picture.`, true); return; }
    let bitmap = null;
    try { bitmap = await createImageBitmap(file); } catch { /* said below */ }
    if (!bitmap) { say(`${file.name || 'The file'} is no picture that can be read; choose a PNG or a JPEG.`, true); return; }
    put(fitted(bitmap), `${bitmap.width} \u00d7 ${bitmap.height}, shrunk to 28 \u00d7 28`);
    bitmap.close();
  };
  if (input) {
    input.addEventListener('change', () => { load(input.files[0]); input.value = ''; });
    const over = on => frame.classList.toggle('over', on);
    root.addEventListener('dragover', event => { if ([...event.dataTransfer.types].includes('Files')) { event.preventDefault(); over(true); } });
    root.addEventListener('dragleave', () => over(false));
    root.addEventListener('drop', event => { over(false); if (event.dataTransfer.files.length) { event.preventDefault(); event.stopPropagation(); load(event.dataTransfer.files[0]); } });
    root.addEventListener('paste', event => { const file = event.clipboardData?.files[0]; if (file) { event.preventDefault(); load(file); } });
  }
  invert.addEventListener('click', () => put(pixels.map(one => 255 - one), note));

  // ---- the grid of test pictures ----------------------------------------------------------------------------------
  let dialog = null;
  const cell = (row, column) => {
    const one = make('button', 'pad-sample'), name = given.names[row];
    one.type = 'button';
    one.title = `${name}, test picture ${10 * row + column}`;
    one.setAttribute('aria-label', one.title);
    one.style.backgroundPosition = `${100 * column / 9}% ${100 * row / 9}%`;
    one.dataset.n = 10 * row + column;
    return one;
  };
  const buildDialog = () => {
    dialog = make('dialog', 'pad-dialog');
    dialog.setAttribute('aria-label', 'Test pictures');
    const close = Object.assign(make('button', 'pad-close', 'Close'), {type: 'button'}), head = make('div', 'pad-dialog-head');
    head.append(make('strong', '', 'Test pictures'), close);
    const grid = make('div', 'pad-grid');
    given.names.forEach((name, row) => grid.append(make('span', '', name), ...Array.from({length: 10}, (_, column) => cell(row, column))));
    grid.style.setProperty('--sheet', `url("${sheetAddress()}")`);
    dialog.append(head, grid);
    root.append(dialog);
    close.addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', event => {
      if (event.target === dialog) dialog.close();
      const n = event.target.dataset?.n;
      if (n !== undefined) { dialog.close(); pick(+n); }
    });
    dialog.addEventListener('keydown', event => {
      const way = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -10, ArrowDown: 10}[event.key], n = event.target.dataset?.n;
      if (event.key !== 'Escape') event.stopPropagation(); // the keys of the page rest meanwhile
      if (!way || n === undefined) return;
      event.preventDefault();
      dialog.querySelector(`[data-n="${(+n + way + SAMPLES) % SAMPLES}"]`).focus();
    });
  };
  const openDialog = () => {
    if (!dialog) buildDialog();
    const now = sampleOf(shown ?? '') ?? 0;
    dialog.querySelectorAll('[data-n]').forEach(one => { one.tabIndex = +one.dataset.n === now ? 0 : -1; one.setAttribute('aria-current', +one.dataset.n === now); });
    dialog.showModal();
    dialog.querySelector(`[data-n="${now}"]`).focus();
  };

  pad.wireTools({
    undo: () => {
      const old = undone.pop();
      if (!old) { say('There is nothing to undo.'); return; }
      turn += 1;
      pixels = old.pixels;
      paint();
      give(old.shown ?? '');
      tell(old.note);
    },
    clear: () => put(new Uint8Array(SIDE * SIDE)),
    half: () => put(halfMask(), '', ''), middle: () => put(middleMask()),
    prev: () => beside(-1), next: () => beside(1), pick: openDialog, upload: () => input.click(),
  });

  // ---- the picture behind a mask ----------------------------------------------------------------------------------
  let behindText = null;
  const follow = async () => {
    const text = (given.source && onPads.get(given.source)) || given.backdrop || '';
    if (text === behindText) return;
    behindText = text;
    const found = await read(text).catch(() => new Uint8Array(SIDE * SIDE));
    if (text === behindText) { behind = found; paint(); }
  };
  const followPicker = ({target}) => { // a picker has no grey levels to give, but an image
    if (!(target instanceof HTMLImageElement) || !target.closest(`#${CSS.escape(given.source)}`)) return;
    photo = true;
    canvas.style.background = `url("${target.src}") center / 100% 100%`;
    paint();
  };
  if (masking) {
    if (given.source) document.addEventListener('load', followPicker, {signal, capture: true});
    document.getElementById(given.source)?.querySelectorAll('img').forEach(target => followPicker({target}));
    bus.addEventListener('shown', event => { if (event.detail === given.source) follow(); }, {signal});
    recoloured(signal, paint);
    watch('backdrop source'.split(' '), follow);
    follow();
  }
  watch('value', absorb);
  absorb();
};
