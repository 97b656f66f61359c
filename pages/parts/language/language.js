// Another language than English: texts of the page are exchanged as they appear, whole ones by a catalogue, sentences
// with something put in by what stands around it. What a visitor wrote, what a model wrote and what is code stays.

const NAMED = ['title', 'aria-label', 'placeholder'];
const OWN = 'textarea, input, pre, code, script, style, math, .katex, [translate=no], .film-text .film-body, .chat-turn, .film-tip, .passage';
const FEW = 4; // letters: a sentence with fewer takes only numbers into its gaps
const MOST = 400; // characters of a text that is looked for among the sentences

/** A sentence with gaps as a pattern, and what makes its translation. @param {string} from @param {string} to */
const sentence = (from, to) => {
  const parts = from.split('{}').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const first = parts[0] && parts[0][0].toLowerCase() !== parts[0][0].toUpperCase() ? `[${parts[0][0].toLowerCase()}${parts[0][0].toUpperCase()}]${parts[0].slice(1)}` : parts[0];
  const gap = from.replace(/[^\p{L}]/gu, '').length < FEW ? '([\\d.,\u2212]+)' : '(.+?)'; // "{} of {}" may be many things
  return {pattern: new RegExp(`^${[first, ...parts.slice(1)].join(gap)}(\\.?)$`, 's'), to};
};

/** What exchanges texts. @param {{[text: string]: string}} whole @param {{[text: string]: string}} sentences */
const translator = (whole, sentences) => {
  const gapped = Object.entries(whole).filter(([from]) => from.includes('{}'));
  const known = [...gapped, ...Object.entries(sentences)].map(([from, to]) => sentence(from, to));
  const said = text => { // a sentence that says something of this one, or the text itself
    for (const {pattern, to} of known) {
      const found = text.length <= MOST && pattern.exec(text);
      if (!found) continue;
      const given = found.slice(1, -1), made = to.replace(/\{\}/g, () => { const one = given.shift() ?? ''; return whole[one] ?? one; });
      const upper = /^\p{Lu}/u.test(text);
      return (upper ? made[0].toUpperCase() + made.slice(1) : made) + (made.endsWith('.') ? '' : found.at(-1));
    }
    return text;
  };
  return text => {
    const bare = text.trim(), plain = bare.replace(/\s+/g, ' ');
    if (!/\p{L}/u.test(bare)) return text;
    const to = whole[plain] ?? said(plain);
    return to === plain ? text : text.replace(bare, () => to);
  };
};

const VALUE = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value'), MENU = 'input[role=combobox]';

/** What a menu has chosen is shown in the language, and stays for its scripts what it was. @param {HTMLInputElement} menu @param {(text: string) => string} turned */
const spoken = (menu, turned) => {
  let given = VALUE.get.call(menu);
  const shown = () => VALUE.get.call(menu);
  Object.defineProperty(menu, 'value', {
    configurable: true,
    get: () => (shown() === turned(given) ? given : shown()), // what is typed to find an entry is taken as it is
    set: text => { given = text; VALUE.set.call(menu, turned(text ?? '')); },
  });
  menu.value = given;
};

/** Exchanges the texts of this page, now and in what comes. @param {{interface: {[text: string]: string}, sentences: {[text: string]: string}}} texts */
export const translate = ({interface: whole, sentences}) => {
  const turned = translator(whole, sentences);
  const done = new WeakMap(); // text node -> what was put there, so that it is not asked for again
  const words = node => {
    if (done.get(node) === node.data || node.parentElement?.closest(OWN)) return;
    const say = node.parentElement?.dataset.say, meant = say && whole[say], to = meant ?? turned(node.data); // a word of several meanings
    if (to !== node.data) node.data = to;
    done.set(node, to);
  };
  const names = element => NAMED.forEach(name => {
    const given = element.getAttribute(name), to = given && !element.closest('[translate=no]') ? turned(given) : given;
    if (to !== given) element.setAttribute(name, to);
  });
  const menus = element => { if (element.matches(MENU) && !done.has(element)) { done.set(element, ''); spoken(element, turned); } };
  const all = root => {
    if (root.nodeType === Node.TEXT_NODE) { words(root); return; }
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.currentNode; node; node = walker.nextNode()) { if (node.nodeType === Node.TEXT_NODE) words(node); else { names(node); menus(node); } }
  };
  new MutationObserver(changes => changes.forEach(({type, target, addedNodes}) => {
    if (type === 'childList') addedNodes.forEach(all); else if (type === 'attributes') names(target); else words(target);
  })).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: NAMED});
  all(document.body);
};
