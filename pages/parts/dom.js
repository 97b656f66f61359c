// What the scripts share. Whatever a component adds to something that outlives it (the document, the window, another
// component's element) it adds with the signal of its mount, which is aborted when its element has left the page.

/** An element with a class and a text.
 * @param {string} name @param {string} [className] @param {string | number} [text] @returns {any} */
export const make = (name, className = '', text = '') =>
  Object.assign(document.createElement(name), {className, textContent: text});

/** A button that submits nothing.
 * @param {string} className @param {string} text @param {(event: Event) => void} does @returns {any} */
export const makeButton = (className, text, does) => {
  const made = make('button', className, text);
  made.type = 'button';
  made.addEventListener('click', does);
  return made;
};

/** Adds a style sheet, once. @param {CSSStyleSheet} sheet */
export const adopt = sheet => {
  if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
};

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

// ---- how long things last -----------------------------------------------------------------------------------------
const mounts = new Map(); // element -> {controller, seen}
const departed = new MutationObserver(() => {
  for (const [element, mount] of mounts) {
    if (element.isConnected) mount.seen = true;
    else if (mount.seen) { mounts.delete(element); mount.controller.abort(); }
  }
  if (!mounts.size) departed.disconnect();
});

/** The signal of a mount: aborted when the element has left the page. @param {HTMLElement} element */
export const mounted = element => {
  const controller = new AbortController();
  mounts.set(element, {controller, seen: element.isConnected});
  departed.observe(document, {childList: true, subtree: true});
  return controller.signal;
};

/** Calls `does` once the mount has ended. @param {AbortSignal} signal @param {() => void} does */
export const ended = (signal, does) => signal.addEventListener('abort', does, {once: true});

/** Calls `does` when the attributes that colours depend on change. @param {AbortSignal} signal @param {() => void} does */
export const recoloured = (signal, does) => {
  const watcher = new MutationObserver(does), options = {attributes: true, attributeFilter: ['class', 'data-family', 'style']};
  for (const one of [document.body, document.documentElement]) watcher.observe(one, options);
  ended(signal, () => watcher.disconnect());
};

/** Calls `does` when the size of an element changes.
 * @param {AbortSignal} signal @param {Element} element @param {ResizeObserverCallback} does */
export const resized = (signal, element, does) => {
  const watcher = new ResizeObserver(does);
  watcher.observe(element);
  ended(signal, () => watcher.disconnect());
};

/** What `find` gives, once it gives something; null after `ms` or when the mount has ended. It is asked whenever the page
 * changes. @param {() => any} find @param {{signal?: AbortSignal, ms?: number}} [until] @returns {Promise<any>} */
export const when = (find, {signal, ms} = {}) => new Promise(resolve => {
  const now = find();
  if (now || signal?.aborted) { resolve(now || null); return; }
  let timer = 0;
  const finish = found => { watcher.disconnect(); clearTimeout(timer); signal?.removeEventListener('abort', gone); resolve(found); };
  const gone = () => finish(null), look = () => { const found = find(); if (found) finish(found); };
  const watcher = new MutationObserver(look);
  watcher.observe(document, {childList: true, subtree: true, attributes: true, attributeFilter: ['class', 'style', 'hidden']});
  signal?.addEventListener('abort', gone);
  if (ms) timer = window.setTimeout(() => finish(find() || null), ms);
});

// ---- texts and files ------------------------------------------------------------------------------------------------
/** base64 as links bring it: with or without head and padding, both alphabets. @param {string} text */
export const bytesOf = text => {
  const plain = text.trim().replace(/^data:[^,]*,/, '').replace(/ /g, '+').replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');
  return Uint8Array.from(atob(plain), sign => sign.charCodeAt(0));
};
/** @param {ArrayLike<number>} bytes */
export const textOf = bytes => btoa(Array.from(bytes, one => String.fromCharCode(one)).join(''));

/** Puts a text on the clipboard; whether it could. @param {string} text */
export const copiedText = async text => {
  try { await navigator.clipboard.writeText(text); return true; } catch { /* not a secure page: the old way */ }
  const area = make('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
};

/** Gives the visitor a file. @param {BlobPart} content @param {string} type @param {string} name */
export const download = (content, type, name) => {
  const url = URL.createObjectURL(new Blob([content], {type}));
  Object.assign(document.createElement('a'), {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000); // the browser has read it by then
};

/** The parts of a text with commas. @param {any} text @returns {string[]} */
export const partsOf = text => String(text || '').split(',').map(part => part.trim()).filter(Boolean);

const CRC = Uint32Array.from({length: 256}, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
/** The checksum of a PNG's chunk. @param {Iterable<number>} bytes */
export const crc = bytes => {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
};

export const isDark = () => document.body.classList.contains('dark');

/** Whether keys pressed there are text. @param {any} target */
export const typing = target => target.closest?.('input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true], .cm-editor');

/** How much larger an element is drawn than it is laid out: while presenting. @param {any} element @returns {number} */
export const zoomOf = element => element.currentCSSZoom || 1;
