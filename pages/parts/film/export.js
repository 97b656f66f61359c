// Export in the browser: PNG with the recipe in a tEXt chunk, GIF with it in the comment. Nothing is sent anywhere.

const ascii = text => text.replace(/[^\x20-\x7e]/g, sign => '\\u' + sign.charCodeAt(0).toString(16).padStart(4, '0'));
const bytesOf = text => Uint8Array.from(text, sign => sign.charCodeAt(0));

const CRC = Uint32Array.from({length: 256}, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
const crc = bytes => {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
};

// A PNG file's bytes with one more chunk, tEXt `key`, behind its header. `text` is made ASCII by JSON's \u escapes.
const pngWithText = (png, key, text) => {
  const body = bytesOf('tEXt' + key + '\0' + ascii(text)), out = new Uint8Array(png.length + body.length + 8);
  const view = new DataView(out.buffer), at = 33; // 8 of signature, 25 of IHDR
  out.set(png.subarray(0, at));
  view.setUint32(at, body.length - 4);
  out.set(body, at + 4);
  view.setUint32(at + 4 + body.length, crc(body));
  out.set(png.subarray(at), at + 8 + body.length);
  return out;
};

// ---- GIF --------------------------------------------------------------------------------------------------------
const key18 = (r, g, b) => (r >> 2) << 12 | (g >> 2) << 6 | b >> 2;

const countColours = (counts, pixels) => { // pixels: RGBA bytes; counts: Float64Array(4 * 2^18), number and sums
  for (let i = 0; i < pixels.length; i += 4) {
    const k = 4 * key18(pixels[i], pixels[i + 1], pixels[i + 2]);
    counts[k]++; counts[k + 1] += pixels[i]; counts[k + 2] += pixels[i + 1]; counts[k + 3] += pixels[i + 2];
  }
};

// Median cut (Heckbert 1982) on a histogram of 6 bits a channel -> {palette: 256 * 3 bytes, index: key -> entry}.
const quantise = counts => {
  const bins = [];
  for (let k = 0; k < counts.length; k += 4) {
    if (counts[k]) bins.push({key: k / 4, n: counts[k], c: [1, 2, 3].map(d => counts[k + d] / counts[k])});
  }
  const measure = list => {
    const spread = [0, 1, 2].map(d => list.reduce((m, b) => Math.max(m, b.c[d]), 0) - list.reduce((m, b) => Math.min(m, b.c[d]), 255));
    const axis = spread.indexOf(Math.max(...spread));
    return {list, axis, worth: list.length > 1 ? spread[axis] * Math.sqrt(list.reduce((sum, b) => sum + Math.min(b.n, 1e4), 0)) : 0};
  };
  const boxes = bins.length ? [measure(bins)] : [];
  while (boxes.length < 256) {
    boxes.sort((a, b) => b.worth - a.worth);
    if (!boxes.length || !boxes[0].worth) break;
    const {list, axis} = boxes.shift();
    list.sort((a, b) => a.c[axis] - b.c[axis]);
    const half = list.reduce((sum, b) => sum + b.n, 0) / 2;
    let cut = 0, sum = 0;
    while (cut < list.length - 1 && sum + list[cut].n / 2 <= half) sum += list[cut++].n;
    cut = Math.max(1, Math.min(list.length - 1, cut));
    boxes.push(measure(list.slice(0, cut)), measure(list.slice(cut)));
  }
  const palette = new Uint8Array(768), index = new Uint8Array(1 << 18);
  boxes.forEach(({list}, entry) => {
    const n = list.reduce((sum, b) => sum + b.n, 0);
    for (let d = 0; d < 3; d++) palette[3 * entry + d] = Math.round(list.reduce((sum, b) => sum + b.c[d] * b.n, 0) / n);
    list.forEach(bin => { index[bin.key] = entry; });
  });
  return {palette, index};
};

// Colours that were not counted (only some frames were) take the entry of the nearest one that was.
const fillIndex = (colours, pixels, known) => {
  for (let i = 0; i < pixels.length; i += 4) {
    const k = key18(pixels[i], pixels[i + 1], pixels[i + 2]);
    if (known[k]) continue;
    let best = Infinity;
    for (let e = 0; e < 256; e++) {
      const p = colours.palette.subarray(3 * e, 3 * e + 3);
      const far = (p[0] - pixels[i]) ** 2 + (p[1] - pixels[i + 1]) ** 2 + (p[2] - pixels[i + 2]) ** 2;
      if (far < best) { best = far; colours.index[k] = e; }
    }
    known[k] = 1;
  }
};

class Bytes { // grows as it is written
  constructor() { this.data = new Uint8Array(1 << 16); this.size = 0; }
  room(n) {
    if (this.size + n <= this.data.length) return;
    const more = new Uint8Array(Math.max(2 * this.data.length, this.size + n));
    more.set(this.data.subarray(0, this.size));
    this.data = more;
  }
  byte(...values) { this.room(values.length); for (const v of values) this.data[this.size++] = v; }
  short(v) { this.byte(v & 255, v >> 8 & 255); }
  all(bytes) { this.room(bytes.length); this.data.set(bytes, this.size); this.size += bytes.length; }
  blocks(bytes) { // GIF sub-blocks of at most 255 bytes, closed by an empty one
    for (let i = 0; i < bytes.length; i += 255) {
      const part = bytes.subarray(i, i + 255);
      this.byte(part.length);
      this.all(part);
    }
    this.byte(0);
  }
}

const lzw = indices => { // 8-bit codes as in GIF89a, appendix F
  const out = new Bytes(), table = new Int32Array(1 << 20);
  let width = 9, next = 258, held = 0, bits = 0, prefix = indices[0];
  const emit = code => {
    held |= code << bits; bits += width;
    while (bits >= 8) { out.byte(held & 255); held >>>= 8; bits -= 8; }
  };
  emit(256);
  for (let i = 1; i < indices.length; i++) {
    const k = prefix << 8 | indices[i];
    if (table[k]) { prefix = table[k]; continue; }
    emit(prefix);
    if (next < 4096) {
      table[k] = next;
      if (next === 1 << width && width < 12) width++;
      next++;
    } else { emit(256); table.fill(0); width = 9; next = 258; }
    prefix = indices[i];
  }
  emit(prefix);
  emit(257);
  if (bits > 0) out.byte(held & 255);
  return out.data.subarray(0, out.size);
};

const changed = (now, before, width, height) => { // the rectangle that differs: [x, y, w, h]; the first pixel where none
  if (!before) return [0, 0, width, height];
  const a = new Uint32Array(now.buffer), b = new Uint32Array(before.buffer);
  let [x0, y0, x1, y1] = [width, height, -1, -1];
  for (let y = 0, k = 0; y < height; y++) {
    for (let x = 0; x < width; x++, k++) {
      if (a[k] === b[k]) continue;
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      y1 = y;
    }
  }
  return x1 < 0 ? [0, 0, 1, 1] : [x0, y0, x1 - x0 + 1, y1 - y0 + 1];
};

// frame(k) -> Promise of the RGBA bytes of picture k, all width x height; delay in ms; progress(share).
const makeGif = async (frame, count, {width, height, delay, comment, progress = () => {}}) => {
  const pause = () => new Promise(done => setTimeout(done));
  const counts = new Float64Array(4 << 18);
  for (let k = 0; k < count; k += Math.max(1, Math.floor((count - 1) / 12))) countColours(counts, await frame(k));
  countColours(counts, await frame(count - 1));
  const colours = quantise(counts), known = Uint8Array.from({length: 1 << 18}, (_, k) => (counts[4 * k] ? 1 : 0));
  const out = new Bytes();
  out.all(bytesOf('GIF89a'));
  out.short(width); out.short(height); out.byte(0xf7, 0, 0);
  out.all(colours.palette);
  out.byte(0x21, 0xff, 11); out.all(bytesOf('NETSCAPE2.0')); out.byte(3, 1, 0, 0, 0);
  out.byte(0x21, 0xfe); out.blocks(bytesOf(ascii(comment)));
  let before = null;
  for (let k = 0; k < count; k++) {
    const pixels = await frame(k);
    fillIndex(colours, pixels, known);
    const [x, y, w, h] = changed(pixels, before, width, height), indices = new Uint8Array(w * h);
    for (let row = 0, i = 0; row < h; row++) {
      for (let p = 4 * ((y + row) * width + x), end = p + 4 * w; p < end; p += 4) {
        indices[i++] = colours.index[key18(pixels[p], pixels[p + 1], pixels[p + 2])];
      }
    }
    out.byte(0x21, 0xf9, 4, 4); out.short(Math.round((k === count - 1 ? delay + 1500 : delay) / 10)); out.byte(0, 0);
    out.byte(0x2c); out.short(x); out.short(y); out.short(w); out.short(h); out.byte(0, 8);
    out.blocks(lzw(indices));
    before = pixels;
    progress((k + 1) / count);
    await pause();
  }
  out.byte(0x3b);
  return out.data.subarray(0, out.size);
};

// As makeGif, recorded in real time by the browser's own encoder: frame(k) -> Promise of a canvas. Returns a Blob.
const VIDEO = ['video/webm;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm', 'video/mp4'];
const makeVideo = async (frame, count, {width, height, delay, progress = () => {}}) => {
  const mimeType = window.MediaRecorder && VIDEO.find(type => MediaRecorder.isTypeSupported(type));
  if (!mimeType) throw new Error('this browser records no video');
  const canvas = Object.assign(document.createElement('canvas'), {width, height}), g = canvas.getContext('2d');
  const stream = canvas.captureStream(0), [track] = stream.getVideoTracks(), parts = [];
  const recorder = new MediaRecorder(stream, {mimeType, videoBitsPerSecond: 12e6});
  const ended = new Promise((done, failed) => { recorder.onstop = done; recorder.onerror = failed; });
  recorder.ondataavailable = event => parts.push(event.data);
  recorder.start();
  for (let k = 0, due = performance.now(); k < count; k++) {
    g.drawImage(await frame(k), 0, 0);
    track.requestFrame();
    due = Math.max(due + (k === count - 1 ? delay + 1000 : delay), performance.now());
    progress((k + 1) / count);
    await new Promise(done => setTimeout(done, due - performance.now()));
  }
  track.requestFrame(); // the last picture lasts until here
  await new Promise(done => setTimeout(done, 100));
  recorder.stop();
  await ended;
  track.stop();
  return new Blob(parts, {type: mimeType.split(';')[0]});
};

const save = (parts, type, name) => {
  const link = document.createElement('a'), url = URL.createObjectURL(new Blob([parts], {type}));
  Object.assign(link, {href: url, download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};

// ---- what is exported -----------------------------------------------------------------------------------------------------
const MOST_FRAMES = 300, MOST_SIDE = 2000; // pictures of a GIF; pixels of an export
const nameOf = ending => {
  const recipe = film.recipe || {}, run = String(recipe.run || 'film').replace(/[^a-z0-9]+/gi, '-');
  return `${run}-seed-${recipe.seed ?? 0}${ending}`;
};

const decoded = index => Promise.all([...lanes.values()].filter(lane => !lane.text).flatMap(lane => {
  const parts = lane.sample.kind === 'pictures' ? [search(index, frame => frame.lanes?.[lane.title])[0]]
    : [search(index, frame => frame.lanes?.[lane.title]?.layers.find(one => one.as === 'heat'))[0]];
  return parts.filter(Boolean).map(part => picture(part)?.decode().catch(() => {}));
}));

const arrange = () => { // where each lane and chart goes on the exported picture, in device pixels
  const px = n => Math.round(n * dots), gap = px(24), edge = px(16), head = px(24), boxes = [];
  const wide = Math.max(px(640), ...[...lanes.values()].map(lane => lane.canvas?.width || px(lane.figure.clientWidth))) + 2 * edge;
  let [x, y, row, right] = [edge, edge, 0, px(320)];
  for (const one of [...lanes.values(), ...charts.values()]) {
    const {width, height} = one.canvas || textSize(one, Math.min(wide - 2 * edge, px(one.figure.clientWidth)));
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
  g.fillStyle = paint.surface.startsWith('rgba') ? (paint.dark ? '#16181c' : '#ffffff') : paint.surface;
  g.fillRect(0, 0, canvas.width, canvas.height);
  g.scale(shrink, shrink);
  g.imageSmoothingEnabled = shrink < 1;
  g.textBaseline = 'top';
  const text = (words_, x, y, colour, width) => { g.fillStyle = colour; g.font = `${13 * dots}px ${FONT}`; g.fillText(words_, x, y, width); };
  for (const {one, x, y, width, height} of plan.boxes) {
    const own = Object.assign(make('canvas'), {width, height}), h = own.getContext('2d');
    one.text ? paintText(one, index, h, width) : one.sample ? drawLane(one, index, h) : drawChart(one, index, h);
    text(one.title + (one.unit ? `, ${one.unit}` : ''), x, y, paint.ink, Math.max(width, 100 * dots));
    g.drawImage(own, x, y + plan.head);
  }
  const frame = search(index, one => one)[0];
  const said = (frame?.numbers || []).map(entry => `${entry.title} ${readable(entry.value, entry.digits)}${entry.unit ? ' ' + entry.unit : ''}`);
  const room = plan.width - 2 * plan.edge;
  text([`step ${readable(stepOf(index))} / ${readable(totalOf())}`, ...said].join('   '), plan.edge, plan.height - 52 * dots, paint.ink, room);
  text(`${film.recipe?.run || ''}, seed ${film.recipe?.seed ?? 0}`, plan.edge, plan.height - 28 * dots, paint.muted, room);
  return g;
};

const EXPORTS = {
  png: async () => {
    const canvas = make('canvas');
    await compose(pos, arrange(), canvas);
    const blob = await new Promise(done => canvas.toBlob(done, 'image/png'));
    const png = new Uint8Array(await blob.arrayBuffer());
    save(pngWithText(png, 'recipe', JSON.stringify(film.recipe || {})), 'image/png', nameOf(`-step-${stepOf(pos)}.png`));
  },
  gif: async () => {
    const canvas = make('canvas'), plan = arrange(), every = Math.max(1, Math.ceil(film.frames.length / MOST_FRAMES));
    const which = film.frames.map((_, k) => k).filter(k => k % every === 0 || k === film.frames.length - 1).slice(-MOST_FRAMES);
    const pixels = async k => { const g = await compose(which[k], plan, canvas); return g.getImageData(0, 0, canvas.width, canvas.height).data; };
    await pixels(0);
    const gif = await makeGif(pixels, which.length, {
      width: canvas.width, height: canvas.height, delay: interval() * every, comment: JSON.stringify(film.recipe || {}),
      progress: share => { find('note').textContent = `GIF ${Math.round(100 * share)} %`; },
    });
    save(gif, 'image/gif', nameOf('.gif'));
  },
  webm: async () => {
    const made = make('canvas'), plan = arrange(), count = film.frames.length;
    const frame = async k => { await compose(k, plan, made); return made; };
    await frame(0);
    const progress = share => { find('note').textContent = `Video ${Math.round(100 * share)} %`; };
    const film_ = await makeVideo(frame, count, {width: made.width, height: made.height, delay: interval() / speed, progress});
    save(film_, film_.type, nameOf(film_.type.includes('mp4') ? '.mp4' : '.webm'));
  },
  json: async () => save(JSON.stringify(film.recipe || {}, null, 2), 'application/json', nameOf('.json')),
};
