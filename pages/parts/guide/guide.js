// The docked guide: takes a visitor through a lesson on the page's real controls, and reads the answer off the film.

import {viewed} from '../address.js';
import {adopt, make, makeButton, when} from '../dom.js';
import {checked} from './check.js';
import {lock} from './lock.js';
import {point, show} from './point.js';
import {fetchLesson, take} from './read.js';
import sheet from './guide.css' with {type: 'css'};

const narrow = matchMedia('(max-width: 999px)'), folds = matchMedia('(max-width: 820px)'); // where it lies at the foot; where controls are folded
const s = {
  lesson: /** @type {any} */ (null), at: 0,
  asked: false, // the guide's own button was pressed last
  fresh: false, // the page was loaded with the lesson, and its address brings back what ran before
  before: /** @type {string[]} */ ([]), // films that were there already as the step was opened
  notes: /** @type {{picked: number, ran: boolean, verdict: any, other?: boolean, film?: string}[]} */ ([]), // what happened at each step
  root: /** @type {any} */ (null), from: /** @type {any} */ (null), // what had the focus as it opened
};
const PAINTED = 150; // ms after which a film has drawn the frame it was sent to
const step = () => s.lesson.steps[s.at], note = () => s.notes[s.at];
const shown = () => [...document.querySelectorAll('.film')].map(one => /** @type {any} */ (one).told).filter(told => told?.badge === 'live' && told.done);
const bench = () => document.getElementById(`p-${step().run.replaceAll('/', '-')}`);
const meant = link => { // what a link sets; which model is left open by most steps
  const query = new URLSearchParams(link);
  if (!step().link.includes('&model=')) query.delete('model');
  query.sort();
  return String(query);
};

const put = changes => { // the address says where the visitor is
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) if (value === null) query.delete(name); else query.set(name, value);
  history.replaceState(history.state, '', `${location.pathname}?${String(query).replaceAll('%2F', '/')}`);
};

// ---- what stands in it --------------------------------------------------------------------------------------------
const said = (name, head, text) => {
  const line = make('p', name);
  line.append(make('b', '', head), ` ${text}`);
  return line;
};

const prediction = () => {
  const one = step(), set = make('fieldset', 'guide-predict');
  set.append(make('legend', '', one.predict));
  one.choices.forEach((choice, k) => {
    const label = make('label'), box = Object.assign(make('input'), {type: 'radio', name: 'guide-predict', checked: note().picked === k, disabled: note().ran});
    box.addEventListener('change', () => { note().picked = k; });
    label.append(box, make('span', '', choice.text));
    if (note().ran && choice.right) label.append(make('em', '', note().picked === k ? 'as you expected' : 'what it shows'));
    set.append(label);
  });
  return set;
};

const following = () => { // the page's next lesson
  const line = make('p', 'guide-next-one'), link = make('a', '', s.lesson.next.title);
  link.href = `./${s.lesson.page}?lesson=${s.lesson.next.name}&part=1`;
  link.dataset.lesson = s.lesson.next.name;
  line.append(make('span', '', 'Next lesson:'), ' ', link);
  return line;
};

const told = () => { // once it has run
  const {ran, verdict} = note(), place = make('div', 'guide-told');
  if (ran && step().shows) place.append(said('guide-shows', 'What it shows.', step().shows));
  if (note().other) place.append(make('p', '', 'That ran with other settings than this step has; its own button sets them again.'));
  if (!verdict) return place;
  place.append(said(`guide-verdict${verdict.held ? ' held' : ''}`, verdict.held ? 'Yes.' : 'Not yet.', verdict.held ? step().yes : step().notYet));
  const list = make('ul');
  for (const {title, have, more, asked, value, held} of verdict.lines) { // pieces, so that a language finds them
    const line = make('li', held ? 'held' : '');
    line.append(make('span', '', title), ': ', make('span', '', have), ...(more ? [' ', make('span', '', more)] : []), ...(held ? [] : [', ', make('span', '', asked), ' ', make('span', '', value)]));
    list.append(line);
  }
  place.append(list);
  const button = document.getElementById(`${bench()?.id}-run`)?.textContent.trim();
  if (verdict.held && s.lesson.next) place.append(following());
  if (!verdict.held && button) place.append(make('p', 'guide-how', folds.matches ? `Change a setting, under Settings above the stage, and press “${button}”.` : `Change a setting on the left and press “${button}”.`));
  return place;
};

const fill = () => {
  const body = s.root.querySelector('.guide-body'), last = s.at === s.lesson.steps.length - 1;
  const head = make('h2', '', step().title);
  Object.assign(head, {id: 'guide-title', tabIndex: -1});
  body.replaceChildren(head, ...(step().text ? [make('p', '', step().text)] : []), ...(step().predict ? [prediction()] : []),
    ...(step().look ? [said('guide-look', 'Look at', step().look)] : []));
  s.root.querySelector('[role=status]').replaceChildren(told());
  s.root.querySelector('.guide-name').textContent = s.lesson.title;
  s.root.querySelector('.guide-at').textContent = `${s.at + 1} of ${s.lesson.steps.length}`;
  s.root.querySelector('.guide-run').textContent = step().check.length ? (note().ran ? 'Start over' : 'Set it up and run') : note().ran ? 'Run it again' : 'Run this';
  s.root.querySelector('.guide-back').disabled = s.at === 0;
  s.root.querySelector('.guide-next').textContent = last ? 'Finish' : 'Next';
  point(bench(), step().point);
};

// ---- what a visitor does ------------------------------------------------------------------------------------------
const go = number => {
  if (number >= s.lesson.steps.length) { close(); return; }
  s.at = Math.max(0, number);
  [s.before, s.asked, s.fresh] = [shown().map(one => one.run), false, false];
  put({part: s.at + 1});
  fold(false);
  fill();
  s.root.querySelector('.guide-scroll').scrollTop = 0;
  s.root.querySelector('#guide-title').focus({preventScroll: true});
};

const run = async () => { // the way of a question's link: the controls are set, then its button is pressed
  document.querySelectorAll('.bench.running button.stop').forEach(one => /** @type {HTMLElement} */ (one).click());
  await when(() => !document.querySelector('.bench.running'), {ms: 8000});
  history.replaceState(history.state, '', `${location.pathname}?${viewed(step().query)}`);
  [s.asked, s.fresh] = [true, false];
  document.getElementById('follow').click();
  if (!narrow.matches) { scrollTo({top: 0}); return; } // controls and stage together
  fold(true); // the stage is what there is to see
  const stage = await when(() => { const one = bench()?.querySelector('.panel-stage'); return /** @type {any} */ (one)?.offsetParent ? one : null; }, {ms: 8000});
  stage?.scrollIntoView({block: 'start'});
};

const fold = on => {
  s.root.classList.toggle('folded', on);
  const button = s.root.querySelector('.guide-fold');
  button.textContent = on ? 'Unfold' : 'Fold';
  button.setAttribute('aria-expanded', String(!on));
};

const close = () => {
  s.root?.remove();
  s.root = null;
  document.body.classList.remove('guided');
  point(null, []);
  put({lesson: null, part: null});
  (s.from?.isConnected ? s.from : document.querySelector('.page-title h1'))?.focus?.();
};

const ended = event => { // a film that was computed here is whole
  const film = event.detail;
  if (!s.root || !s.lesson || film.badge !== 'live' || film.recipe?.run !== step().run) return;
  point(bench(), step().point);
  if (!film.done || s.before.includes(film.run) || note().film === film.run) return;
  const asks = step().check.length > 0, own = s.asked || meant(film.link) === meant(step().link);
  s.asked = false;
  if (!own && !asks && (note().ran || s.fresh)) { s.before.push(film.run); s.fresh = false; return; } // told already, or nobody's
  Object.assign(note(), {film: film.run, ran: own || asks, other: !own && !asks, verdict: asks ? checked(step().check, film, bench()) : null});
  fold(false);
  const here = document.activeElement === s.root.querySelector('#guide-title');
  fill();
  if (here) s.root.querySelector('#guide-title').focus({preventScroll: true});
  const scroll = s.root.querySelector('.guide-scroll'), told = s.root.querySelector('.guide-told');
  scroll.scrollTop = Math.max(0, told.offsetTop - scroll.offsetTop - scroll.clientHeight + told.offsetHeight + 16); // what is new is in sight
  if (own && step().frame) /** @type {any} */ (bench()?.querySelector('.film'))?.bring(film.run, Math.min(step().frame, film.frames.length) - 1);
  if (own) setTimeout(() => { if (s.root) show(bench(), step().point, narrow.matches ? s.root.getBoundingClientRect().top : innerHeight); }, PAINTED);
};

// ---- opening ------------------------------------------------------------------------------------------------------
const build = () => {
  adopt(sheet);
  s.root?.remove();
  const root = make('aside', 'guide'), head = make('div', 'guide-head'), scroll = make('div', 'guide-scroll'), foot = make('div', 'guide-foot');
  root.setAttribute('aria-label', 'Lesson');
  const status = make('div');
  status.setAttribute('role', 'status');
  head.append(make('b', 'guide-name'), make('span', 'guide-at'), makeButton('guide-fold', 'Fold', () => fold(!root.classList.contains('folded'))), makeButton('guide-close', 'Close', close));
  scroll.append(make('div', 'guide-body'), status);
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'group');
  scroll.setAttribute('aria-label', 'This step');
  foot.append(makeButton('guide-back', 'Back', () => go(s.at - 1)), makeButton('guide-run', 'Run this', run), makeButton('guide-next', 'Next', () => go(s.at + 1)));
  root.append(head, scroll, foot);
  root.addEventListener('keydown', event => { if (event.key === 'Escape') { event.stopPropagation(); close(); } });
  document.body.append(root);
  document.body.classList.add('guided');
  s.root = root;
};

const refused = text => {
  build();
  s.root.querySelector('.guide-name').textContent = 'Lesson';
  s.root.querySelector('[role=status]').append(make('p', '', text));
  s.root.querySelector('.guide-foot').remove();
};

/** Opens a lesson at a step. @param {string} name @param {number} number from 1 on @param {boolean} [fresh] nothing ran yet */
const open = async (name, number, fresh = false) => {
  const lesson = await fetchLesson(name), here = location.pathname.split('/').pop();
  if (lesson.error) { refused(lesson.error); return; }
  if (lesson.page !== here) { location.href = `./${lesson.page}?lesson=${encodeURIComponent(name)}&part=${number}`; return; }
  Object.assign(s, {lesson, notes: lesson.steps.map(() => ({picked: -1, ran: false, verdict: null})), from: document.activeElement});
  build();
  put({lesson: name});
  go(Math.min(number, lesson.steps.length) - 1);
  if (!fresh) return;
  [s.before, s.fresh] = [[], true];
  for (const film of shown()) ended({detail: film});
};

/** Listens for as long as the page is there. @param {string} name a lesson to open, "" for that of the address */
export const guide = name => {
  take();
  lock();
  document.addEventListener('film-shown', ended);
  document.addEventListener('click', event => {
    if (event.isTrusted && /** @type {any} */ (event.target).closest?.('.bench button.run')) s.fresh = false; // by the visitor, not by the address
    const link = /** @type {any} */ (event.target).closest?.('a[data-lesson]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link.dataset.lesson, 1);
  });
  const query = new URLSearchParams(location.search), number = Number(query.get('part'));
  if (name) open(name, 1);
  else if (query.get('lesson')) open(query.get('lesson'), Number.isInteger(number) && number > 0 ? number : 1, true);
};
