// Presenting: the bench in sight alone, enlarged. The address says so, that a link and a reload keep it.

import {clamp, makeButton, typing} from './dom.js';

const CLASS = 'presenting', WIDE = 960, TALL = 600, LEAST = 1.1, MOST = 2.5; // CSS pixels that the screen is laid out as; how much larger
const wanted = () => new URLSearchParams(location.search).get('present') === '1';
const address = on => {
  const query = new URLSearchParams(location.search);
  if (on) query.set('present', '1'); else query.delete('present');
  const text = String(query);
  history.replaceState(history.state, '', location.pathname + (text ? `?${text}` : ''));
};

/** The button in the header, the key P, Escape. @param {HTMLElement | null} button @param {AbortSignal} signal */
export const present = (button, signal) => {
  if (!button) return; // no bench on this page
  const bar = makeButton('present-end', 'End presenting', () => set(false));
  const enlarge = () => document.body.style.setProperty('--enlarged', String(clamp(Math.min(innerWidth / WIDE, innerHeight / TALL), LEAST, MOST)));
  const show = on => {
    document.body.classList.toggle(CLASS, on);
    if (on) document.body.append(bar); else bar.remove();
    enlarge();
    dispatchEvent(new Event('resize')); // films fit the room they have
  };
  const set = on => {
    show(on);
    address(on);
    if (on) scrollTo(0, 0); else button.focus();
  };
  button.addEventListener('click', () => { set(true); button.blur(); });
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') || event.defaultPrevented) return;
    const on = document.body.classList.contains(CLASS);
    if (event.key === 'Escape' && on && !document.querySelector('.film-export[open]')) set(false);
    else if (event.key.toLowerCase() === 'p' && !typing(event.target)) set(!on);
  }, {signal});
  addEventListener('resize', enlarge, {signal});
  if (wanted()) show(true);
};
