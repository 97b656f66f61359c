// The address follows what is on the stage, so that a reload, Back and a bookmark bring it back: the link of the run that
// was made here, or the bench that was opened.

import {when} from './dom.js';

let longest = Infinity; // of a link, in characters
/** @param {number} most */
export const limit = most => { longest = most; };

/** How long a link is, as the server counts it. @param {string} link */
export const lengthOf = link => [...new URLSearchParams(link).values()].join('').length;

const VIEW = ['present', 'tour', 'lesson', 'part', 'lock', 'lang']; // how the page is looked at: no part of what ran, and kept when that changes
/** A link with how the page is looked at now. @param {string} query */
export const viewed = query => {
  const now = new URLSearchParams(location.search);
  return [query, ...VIEW.filter(name => now.has(name)).map(name => `${name}=${encodeURIComponent(now.get(name))}`)].join('&');
};

const put = bare => {
  const query = viewed(bare);
  if (location.search !== `?${query}`) history.replaceState(history.state, '', `${location.pathname}?${query}`);
};
const bench = () => [...document.querySelectorAll('.runs .bench')].find(one => /** @type {HTMLElement} */ (one).offsetParent);
const opened = one => `bench=${one.id.slice(2)}`; // its id is p-BENCH

/** Opens a bench and runs nothing. @param {string} run its name, as in ?run= or in ?bench= */
export const open = async run => {
  const asked = run.replace('/', '-');
  const runs = tab => tab.dataset.tabId?.replaceAll('/', '-').split(' ') ?? []; // of a tab that benches share: all of theirs
  const found = (row, its) => when(() => [...document.querySelectorAll(`${row} > .tab-wrapper button`)].find(its), {ms: 8000});
  const tab = await found('.runs', one => runs(one).includes(asked));
  tab?.click();
  if (tab && runs(tab).length > 1) (await found('.switch', one => runs(one)[0] === asked))?.click();
  tab?.scrollIntoView({block: 'nearest'});
};

/** Gives the switch in sight the name of its tab, for those who hear it. */
export const named = () => {
  const row = bench()?.closest('.switch')?.querySelector('[role=tablist]');
  row?.setAttribute('aria-label', document.querySelector('.runs > .tab-wrapper .selected').textContent);
};

/** Listens for as long as the page is there. */
export const follow = () => {
  let last = null, followed = ''; // the bench in sight, the link that is in the address
  const asked = new URLSearchParams(location.search).get('bench');
  if (asked) open(asked);
  when(bench).then(named);

  const made = event => {
    const {target, detail} = /** @type {CustomEvent} */ (event), one = /** @type {HTMLElement} */ (target).closest('.bench');
    if (detail.badge !== 'live' || !detail.link || detail.link === followed) return; // a film says so at every frame
    if (!(one instanceof HTMLElement && one.offsetParent)) return;
    followed = detail.link;
    if (lengthOf(detail.link) <= longest) put(detail.link);
    else if (one.closest('.runs')) put(opened(one));
  };
  document.addEventListener('film-shown', made);

  document.addEventListener('click', event => { // a tab
    const target = /** @type {HTMLElement} */ (event.target);
    if (!target.closest('.runs button') || target.closest('.bench')) return;
    last ??= bench();
    setTimeout(async () => {
      const now = await when(bench, {ms: 3000}), film = /** @type {any} */ (now?.querySelector('.film'))?.told;
      named();
      if (!now || now === last) { last = now || last; return; }
      [last, followed] = [now, ''];
      put(opened(now));
      if (film) made({target: now, detail: film});
    }, 100); // once the page has shown it
  }, {capture: true});
};
