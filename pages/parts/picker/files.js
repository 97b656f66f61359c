// Files made small in the browser, as the engine's `carry` makes them: on white, in halves down to the size, as WebP of
// the best quality that has room.

import {make, textOf} from '../dom.js';

/** What a picture is called after its file. @param {File} file */
export const calledLike = file => file.name.replace(/\.\w+$/, '').replace(/[_,\-\s]+/g, ' ').trim().slice(0, 80) || 'a picture';
const blobOf = (canvas, quality) => new Promise(done => canvas.toBlob(done, 'image/webp', quality));
const jpegOf = (canvas, quality) => new Promise(done => canvas.toBlob(done, 'image/jpeg', quality));

const fitted = (drawable, width, height, side) => { // on white, in halves down to the size, so that nothing flickers
  const share = Math.min(1, side / Math.max(width, height)), size = k => [width, height].map(n => Math.max(1, Math.round(n * share * k)));
  let now = drawable;
  for (const k of [8, 4, 2, 1].filter(k => k === 1 || k * share < 1)) {
    const [w, h] = size(k), own = Object.assign(make('canvas'), {width: w, height: h}), g = own.getContext('2d');
    g.fillStyle = '#fff';
    g.fillRect(0, 0, w, h);
    g.imageSmoothingQuality = 'high';
    g.drawImage(now, 0, 0, w, h);
    now = own;
  }
  return now;
};

/** Reads files within the limits of a page. @param {{side: number, room: number, bytes: number, longest: number, pixels: number}} given */
export const filesFor = given => {
  const ROOMS = [[given.side, 0.85], [given.side, 0.6], [96, 0.6], [64, 0.6], [64, 0.2]].filter(([side]) => side <= given.side);

  const carried = async (drawable, width, height) => { // as text, of the best quality that has room
    let text = '';
    for (const [side, quality] of ROOMS) {
      const small = fitted(drawable, width, height, side), webp = await blobOf(small, quality);
      const blob = webp?.type === 'image/webp' ? webp : await jpegOf(small, quality);
      text = 'mine:' + textOf(new Uint8Array(await blob.arrayBuffer()));
      if (text.length <= given.room) break;
    }
    return text;
  };

  const opened = async one => { // [text, ''] or ['', a sentence]
    if (one.size > given.bytes) return ['', `${one.name} has ${Math.ceil(one.size / 1e6)} MB; the limit is ${given.bytes / 1e6}, choose a smaller picture.`];
    let bitmap = null;
    try { bitmap = await createImageBitmap(one); } catch { return ['', `${one.name || 'The file'} is no picture that this browser can read; choose a PNG, a JPEG or a WebP.`]; }
    const {width, height} = bitmap;
    if (Math.max(width, height) > given.longest || width * height > given.pixels) return ['', `${one.name} has ${width} \u00d7 ${height} pixels; the limit is ${given.longest} a side and ${given.pixels / 1e6} million in all, choose a smaller picture.`];
    const text = await carried(bitmap, width, height);
    bitmap.close();
    return [text, ''];
  };

  return {opened, carried};
};
