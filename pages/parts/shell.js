// What every page does in the browser: links, folding, keys. No request leaves from here.

import {follow, lengthOf, limit, named, open, viewed} from './address.js';
import {copiedText, make, typing, when} from './dom.js';
import {FILM_KEYS} from './keys.js';
import {secret} from './visitor.js';

let longest = Infinity; // of a link, in characters; the header brings it
const panelOf = id => document.getElementById(id);
const filmOf = id => /** @type {any} */ (document.querySelector(`#${id}-strip .film`));

const say = (id, text) => {
  const place = document.querySelector(`#${id} .panel-head`);
  if (!place) return;
  let note = place.querySelector('.said');
  if (!note) { note = make('p', 'said'); note.setAttribute('role', 'status'); place.append(note); }
  note.textContent = text;
  setTimeout(() => note.remove(), 2000 + 50 * text.length); // ms: as long as it takes to be read
};
const told = (button, text) => { // a button says for a while what it did
  if (!button || button.dataset.said) return;
  const words = [...button.childNodes].find(node => node.nodeType === Node.TEXT_NODE && node.data.trim()), before = words?.data;
  if (!words) return;
  button.style.minWidth = `${button.offsetWidth}px`;
  Object.assign(words, {data: text});
  button.dataset.said = 'yes';
  button.setAttribute('aria-live', 'polite');
  setTimeout(() => { words.data = before; delete button.dataset.said; }, 2500);
};
const narrow = matchMedia('(max-width: 820px)'), still = matchMedia('(prefers-reduced-motion: reduce)');
let linked = ''; // the bench that a link sets going
let latest = {run: '', model: '', options: /** @type {any} */ ({})}; // the recipe that came last of those run here
const NOTHING = 'There is nothing on the stage yet; generate first.';

/** What the pages' own calls use, as window.atlas.NAME(...). */
export const actions = {
  secret,
  started(id, values) {
    const panel = panelOf(id);
    panel?.classList.add('running');
    filmOf(id)?.work(true);
    if (linked !== id && narrow.matches && !panel?.classList.contains('chatting')) {
      panel?.querySelector('.panel-stage').scrollIntoView({block: 'start', behavior: still.matches ? 'auto' : 'smooth'});
    }
    linked = '';
    return values;
  },
  ended(id) { panelOf(id)?.classList.remove('running', 'stopping'); filmOf(id)?.work(false); },

  restored(text) { // what a link sets -> a value for each component, undefined where it stays as it is
    const {count, sets} = JSON.parse(text), values = Array(count).fill(undefined);
    for (const [place, value] of sets) values[place] = value;
    return values;
  },

  async generate(id) { // its tab may be opening
    if (!id) return;
    const shown = () => { const button = panelOf(`${id}-run`); return button?.offsetParent ? button : null; };
    const button = await when(shown, {ms: 8000});
    named();
    linked = id;
    button?.click();
  },

  // The recipe on the stage opened as another run of the page: options it lacks are left out, `step` is the name of the
  // option that takes the step on screen, `defaults` stand where the link says nothing, and `most` is a limit.
  openAs(id, value, {run, without = [], step, defaults = {}, most = {}}) {
    if (!value?.link) { say(id, NOTHING); return; }
    const query = new URLSearchParams(value.link);
    without.forEach(name => query.delete(name));
    query.set('run', run);
    if (step) query.set(step, filmOf(id)?.dataset.step || 0);
    for (const [name, usual] of Object.entries(defaults)) query.set(name, query.get(name) || usual);
    for (const [name, limit] of Object.entries(most)) query.set(name, String(Math.min(limit, Number(query.get(name)))));
    location.search = viewed(String(query));
  },

  moment(id) { // the training on the stage and the step on screen, as JSON; '' where there is none
    const shown = filmOf(id)?.shown;
    const step = shown?.numbers.find(entry => entry.name === 'step')?.value;
    return shown?.recipe && Number.isInteger(step) ? JSON.stringify({options: shown.recipe.options, seed: shown.recipe.seed, step}) : '';
  },

  ran(models, most) { // the run, model and number of pictures of the recipe that came last; undefined: as before
    const {run, model, options} = latest, asked = options.samples ?? options.count ?? 1;
    return [run, models.includes(model) ? model : undefined, Math.min(asked, most)];
  },
};

const ROLLED = 99999; // the largest seed that Dice gives, and one more; short enough to be read out
const copyLink = async id => {
  const link = filmOf(id)?.told?.link;
  if (!link) { say(id, NOTHING); return; }
  const long = lengthOf(link);
  if (long > longest) { say(id, `This takes ${long.toLocaleString('en')} characters, a link may have ${longest.toLocaleString('en')}; use fewer pictures of your own, or Export, which keeps the recipe.`); return; }
  history.replaceState(null, '', `${location.pathname}?${viewed(link)}`);
  const copied = new URL(location.href);
  for (const name of ['tour', 'lesson', 'part']) copied.searchParams.delete(name); // that is where this visitor is, not what is shown
  if (await copiedText(copied.href.replaceAll('%2F', '/'))) told(panelOf(`${id}-copy`), 'Link copied');
  else say(id, 'The link is in the address bar.');
};

// The buttons of a bench that ask the server nothing, by a class of theirs.
const BUTTONS = {
  'copy-link': copyLink,
  dice(id) {
    const seed = /** @type {any} */ (document.querySelector(`#${id}-seed input`));
    seed.value = Math.floor(Math.random() * ROLLED);
    seed.dispatchEvent(new Event('input', {bubbles: true}));
  },
  'settings-toggle'(id) {
    const open = panelOf(id).classList.toggle('unfolded');
    panelOf(`${id}-settings`).setAttribute('aria-expanded', String(open));
  },
  stop(id) { // until Gradio has cancelled it, a click on Run would be dropped
    const panel = panelOf(id);
    if (panel.classList.contains('running')) filmOf(id)?.stopped();
    panel.classList.add('stopping');
  },
};
const pressed = event => {
  const button = event.target.closest('.bench button'), id = button?.closest('.bench').id;
  for (const name of button ? Object.keys(BUTTONS) : []) if (button.classList.contains(name)) BUTTONS[name](id);
};

const noted = event => { // a film that is computed here begins
  const {run, badge, recipe} = event.detail;
  if (badge !== 'live' || !recipe || run === noted.last) return;
  latest = recipe;
  noted.last = run;
  panelOf('ran')?.click();
};
noted.last = '';

/** @param {{longest: number}} given */
export const configure = given => { longest = given.longest; limit(longest); };

const stageKey = event => { // the keys of the film in sight, where nothing else wants them
  const act = FILM_KEYS[event.key], target = event.target;
  const free = target === document.body || (event.key !== ' ' && target.matches('button:not([role]), a'));
  if (!act || !free || event.shiftKey || event.defaultPrevented || document.querySelector('dialog[open]')) return;
  const seen = one => { const box = one.getBoundingClientRect(); return one.offsetParent && box.bottom > 80 && box.top < innerHeight - 80; };
  const film = /** @type {any} */ ([...document.querySelectorAll('.film')].find(seen));
  if (!film?.told) return;
  event.preventDefault();
  film.act(act);
};

const leaveList = ({target}) => { // Gradio leaves a list open that was opened by the tabulator key
  const box = target.closest?.('input[role=combobox]');
  if (box) setTimeout(() => { if (box !== document.activeElement && box.getAttribute('aria-expanded') === 'true') box.dispatchEvent(new FocusEvent('blur')); }, 100);
};

const reach = () => document.querySelectorAll('.prose-page :is(table, .katex-display)').forEach(wide => { // one that scrolls is reached by the keys
  if (wide.scrollWidth > wide.clientWidth) wide.setAttribute('tabindex', '0'); else wide.removeAttribute('tabindex');
});

/** Listens to the page as a whole, for as long as it is there. */
export const listen = () => {
  follow();
  document.addEventListener('click', pressed, true); // before Gradio hears of it
  document.addEventListener('film-shown', noted);
  document.addEventListener('keydown', stageKey);
  document.addEventListener('focusout', leaveList);
  when(() => document.querySelector('.prose-page table')).then(reach);
  addEventListener('resize', reach);
  document.addEventListener('click', event => { if (event.target.closest('.info-tabs button')) setTimeout(reach, 300); });
  document.addEventListener('click', event => { // a link to a bench of this page opens it where you are
    const link = event.target.closest('a[data-run]');
    if (!link || !document.querySelector('.runs button[role=tab]') || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open(link.dataset.run);
  });
  document.addEventListener('click', event => { // a click of a person, not of a link that generates by itself
    if (event.isTrusted && event.target.closest('button.run')) event.target.closest('.bench')?.querySelector('.notice')?.remove();
  });
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key.toLowerCase() === 'g') {
      const near = event.target.closest('.bench')?.querySelector('button.run');
      const button = near || [...document.querySelectorAll('button.run')].find(found => found.offsetParent);
      if (button) { event.preventDefault(); button.click(); }
    }
    if (event.key === '?') document.querySelector('.atlas-keys')?.showModal();
  });
};
