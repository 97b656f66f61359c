// That a run is computing: a word and a bar above the stage, and a stage that steps back until its first frame is here.

import {ended} from '../dom.js';
import {put_} from './words.js';

/** @param {import('../types').Strip} s the strip's state, see strip.js */
export const workOf = s => {
  const root = /** @type {any} */ (s.root), place = s.find('work'), [bar, said] = place.children;
  let over = null; // what was on the stage as the work began; null where there is none

  const status = () => { // what the page says meanwhile: that a model is loading, how much of it is there
    const found = root.closest('.panel-stage')?.querySelector('.status .html-container, .status .prose');
    return {text: found?.textContent.trim() || '', share: found?.querySelector('progress')?.value};
  };

  const showWork = () => {
    const on = over !== null, waits = on && (s.film?.run || '') === over, total = s.film?.total || 0;
    if (place.hidden !== !on) place.hidden = !on;
    root.classList.toggle('waits', waits);
    if (!on) return;
    const {text, share} = waits ? status() : {text: '', share: undefined};
    const got = waits ? share : total > 1 ? s.film.frames.length / total : undefined;
    if (Number.isFinite(got)) bar.value = got; else bar.removeAttribute('value');
    put_(said, text || (waits ? 'Working on the first step' : 'Working'));
  };

  root.work = on => {
    if (on) s.stop();
    over = on ? s.film?.run || '' : null;
    s.dirty = true;
    s.wake();
  };
  root.stopped = () => {
    const begun = over !== null && s.film && s.film.run !== over && !s.film.done;
    const text = begun ? `Stopped at ${s.wordsOf(s.film.frames.length - 1)}` : 'Stopped before the first step';
    if (begun) {
      Object.assign(s.film, {note: text, halted: true});
      if (s.follow) s.pos = s.film.frames.length - 1; // at once, also where frames wait to be shown
    }
    if (!begun && over !== null) put_(s.find('note'), text);
    s.say(text);
    root.work(false);
  };
  const watcher = new MutationObserver(() => { if (over !== null) showWork(); });
  const page = root.closest('.panel-stage')?.querySelector('.status');
  if (page) watcher.observe(page, {childList: true, subtree: true, characterData: true});
  ended(s.signal, () => watcher.disconnect());
  return {showWork};
};
