// What the front page needs of the parts: it is no page of Gradio's, so each element says which part it is.

import {header} from './header.js';
import {handout} from './front/handout.js';
import {hero} from './front/hero.js';
import {ownlesson} from './front/ownlesson.js';
import {reels} from './front/reels.js';
import {speak} from './language/chosen.js';
import {actions, listen} from './shell.js';

const components = {handout, header, hero, ownlesson, reels};
listen();
window.atlas.begin(components, actions);
for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-part]'))) {
  const SETTINGS = JSON.parse(element.dataset.settings || '{}');
  components[element.dataset.part]({element, props: {value: null}, trigger() {}, watch() {}, server: null, SETTINGS});
}
speak();
