// Scripts that are fetched where they are needed: each says what it brings with `arrived` and uses the modules that are
// here already (scripts.py, BESIDE).

import {make} from './dom.js';

const parts = /** @type {{[name: string]: any}} */ ({}), coming = new Map(); // address -> promise

/** Called by such a script. @param {{[name: string]: any}} found */
export const arrived = found => Object.assign(parts, found);

/** What the script at that address brings, and those before it. Rejects where it does not come; asked again, it is
 * fetched again. @param {string} address @returns {Promise<{[name: string]: any}>} */
export const late = address => {
  if (!coming.has(address)) coming.set(address, new Promise((resolve, reject) => {
    const script = make('script');
    script.addEventListener('load', () => resolve(parts));
    script.addEventListener('error', () => { coming.delete(address); script.remove(); reject(Error('a script did not come')); });
    script.src = address;
    document.head.append(script);
  }));
  return coming.get(address);
};
