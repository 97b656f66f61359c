// A text inside a PNG file.

import {crc} from '../dom.js';

export const ascii = text => text.replace(/[^\x20-\x7e]/g, sign => '\\u' + sign.charCodeAt(0).toString(16).padStart(4, '0'));
/** @param {string} text */
export const latin = text => Uint8Array.from({length: text.length}, (_, k) => text.charCodeAt(k));

// A PNG file's bytes with one more chunk, tEXt `key`, behind its header. `text` is made ASCII by JSON's \u escapes.
export const pngWithText = (png, key, text) => {
  const body = latin('tEXt' + key + '\0' + ascii(text)), out = new Uint8Array(png.length + body.length + 8);
  const view = new DataView(out.buffer), at = 33; // 8 of signature, 25 of IHDR
  out.set(png.subarray(0, at));
  view.setUint32(at, body.length - 4);
  out.set(body, at + 4);
  view.setUint32(at + 4 + body.length, crc(body));
  out.set(png.subarray(at), at + 8 + body.length);
  return out;
};
