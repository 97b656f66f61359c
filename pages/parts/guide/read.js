// Where a lesson comes from: the project's own by their names, a visitor's own from this tab or from behind a link's #.

import {bytesOf, textOf} from '../dom.js';
import {chosen} from '../language/chosen.js';

export const OWN = 'own';
const SLOT = 'atlas-lesson';
let kept = ''; // where the browser keeps nothing: for this page only

/** The text of the visitor's own lesson; `given` replaces it. @param {string} [given] @returns {string} */
export const ownText = given => {
  if (given !== undefined) { kept = given; try { sessionStorage.setItem(SLOT, given); } catch { /* kept */ } }
  try { return sessionStorage.getItem(SLOT) || kept; } catch { return kept; }
};

/** A link that carries a lesson to others: behind the #, which no server is sent. @param {string} page @param {string} text */
export const carrying = (page, text) => {
  const coded = textOf(new TextEncoder().encode(text)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  return new URL(`./${page}?lesson=${OWN}&part=1#lesson=${coded}`, location.href).href;
};

/** Takes the lesson that the address carries, if it does. */
export const take = () => {
  const coded = /^#lesson=(.+)$/.exec(location.hash)?.[1];
  if (!coded) return;
  try { ownText(new TextDecoder('utf-8', {fatal: true}).decode(bytesOf(coded))); } catch { ownText('#'); } // it is told what is wrong with it
  history.replaceState(history.state, '', location.pathname + location.search);
};

/** A lesson as the server reads it, or {error}. @param {string} text */
export const readLesson = async text => {
  try { return await (await fetch('./lessons/read', {method: 'POST', body: text})).json(); } catch {
    return {error: 'The lesson could not be read just now; try again.'};
  }
};

/** The lesson of a name, or {error}. @param {string} name */
export const fetchLesson = async name => {
  if (name === OWN) return ownText() ? readLesson(ownText()) : {error: 'Your own lesson is not in this tab; open its file again under For a class.'};
  try {
    const got = await fetch(`./lessons/${encodeURIComponent(name)}.json?lang=${chosen()}`);
    if (got.status === 404) return {error: 'There is no lesson of that name; the list is under For a class.'};
    return await got.json();
  } catch { return {error: 'The lesson did not come; reload the page.'}; }
};
