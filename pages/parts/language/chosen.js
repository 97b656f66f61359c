// Which language the page is read in. What exchanges its texts is a script of its own (begin.js), fetched with them.

import {late} from '../late.js';

const SLOT = 'atlas-language', META = 'meta[name=atlas-languages]'; // says where texts and script lie

/** The language that was chosen, here or by the link; "en" where none was. */
export const chosen = () => {
  const asked = new URLSearchParams(location.search).get('lang');
  try {
    if (asked) localStorage.setItem(SLOT, asked);
    return asked || localStorage.getItem(SLOT) || 'en';
  } catch { return asked || 'en'; }
};

/** Takes another language and loads the page anew. @param {string} code */
export const choose = code => {
  try { localStorage.setItem(SLOT, code); } catch { /* by the address alone */ }
  const to = new URL(location.href);
  to.searchParams.delete('lang');
  if (code !== 'en') to.searchParams.set('lang', code);
  location.replace(to);
};

/** Speaks the chosen language on this page, now and in what comes. */
export const speak = async () => {
  const meta = /** @type {HTMLMetaElement | null} */ (document.querySelector(META)), code = chosen();
  const address = JSON.parse(meta?.content || '{}')[code];
  if (!address) return;
  document.documentElement.lang = code;
  const [{translate}, texts] = await Promise.all([late(meta.dataset.script), fetch(address).then(answer => answer.json())]);
  translate(texts);
};
