// A film as GIF89a, made in the browser. Nothing is sent anywhere.

import {ascii, latin} from './png.js';

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
export const makeGif = async (frame, count, {width, height, delay, comment, progress = _share => {}}) => {
  const pause = () => new Promise(done => setTimeout(done));
  const counts = new Float64Array(4 << 18);
  for (let k = 0; k < count; k += Math.max(1, Math.floor((count - 1) / 12))) countColours(counts, await frame(k));
  countColours(counts, await frame(count - 1));
  const colours = quantise(counts), known = Uint8Array.from({length: 1 << 18}, (_, k) => (counts[4 * k] ? 1 : 0));
  const out = new Bytes();
  out.all(latin('GIF89a'));
  out.short(width); out.short(height); out.byte(0xf7, 0, 0);
  out.all(colours.palette);
  out.byte(0x21, 0xff, 11); out.all(latin('NETSCAPE2.0')); out.byte(3, 1, 0, 0, 0);
  out.byte(0x21, 0xfe); out.blocks(latin(ascii(comment)));
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
