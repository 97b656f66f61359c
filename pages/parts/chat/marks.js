// An answer's Markdown as elements: paragraphs, headings, lists, code, bold, italic. Every piece of it becomes a text
// node; nothing is ever read as HTML, so that a model can write no tag, no link and no picture into the page.

import {make} from '../dom.js';

const FENCE = /^\s*```/, HEADING = /^(#{1,6})\s+(.*)$/, ITEM = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const SPAN = /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)|\*\*(?=\S)([\s\S]*?\S)\*\*|\*(?=[^\s*])([\s\S]*?[^\s*])\*(?!\*)/;

/** @param {string} text @returns {(string | HTMLElement)[]} */
const spans = text => {
  const found = SPAN.exec(text);
  if (!found) return text ? [text] : [];
  const [all, , code, bold, italic] = found;
  const made = code === undefined ? make(bold === undefined ? 'em' : 'strong') : make('code', '', code);
  if (code === undefined) made.append(...spans(bold ?? italic));
  return [...spans(text.slice(0, found.index)), made, ...spans(text.slice(found.index + all.length))];
};

const filled = (name, text) => { const made = make(name); made.append(...spans(text)); return made; };

/** @param {string} text @returns {DocumentFragment} */
export const marked = text => {
  const page = document.createDocumentFragment(), lines = text.split('\n');
  let lists = [], lead = []; // lists: [indent, element], the innermost last; lead: lines of a paragraph
  const flush = () => { if (lead.length) page.append(filled('p', lead.join('\n'))); lead = []; };
  for (let k = 0; k < lines.length; k++) {
    const line = lines[k], heading = HEADING.exec(line), item = ITEM.exec(line);
    if (FENCE.test(line)) {
      const end = lines.findIndex((one, n) => n > k && FENCE.test(one)), last = end < 0 ? lines.length : end;
      flush();
      const code = make('pre');
      code.append(make('code', '', lines.slice(k + 1, last).join('\n')));
      page.append(code);
      [k, lists] = [last, []];
    } else if (heading) {
      flush();
      page.append(filled('h4', heading[2]));
      lists = [];
    } else if (item) {
      flush();
      listed(page, lists, item);
    } else if (!line.trim()) {
      flush(); // a list goes on behind an empty line
    } else if (lists.length && /^\s/.test(line)) {
      lists.at(-1)[1].lastElementChild.append('\n', ...spans(line.trim()));
    } else {
      lists = [];
      lead.push(line);
    }
  }
  flush();
  return page;
};

/** @param {DocumentFragment} page @param {any[]} lists @param {RegExpExecArray} item */
const listed = (page, lists, item) => {
  const [, space, number, text] = item, indent = space.length, name = number ? 'ol' : 'ul';
  while (lists.length && lists.at(-1)[0] > indent) lists.pop();
  const [depth, inner] = lists.at(-1) || [-1, null];
  if (depth < indent || inner.tagName.toLowerCase() !== name) {
    const made = make(name);
    if (number) made.start = +number;
    if (depth === indent) lists.pop();
    (lists.at(-1)?.[1].lastElementChild || page).append(made);
    lists.push([indent, made]);
  }
  lists.at(-1)[1].append(filled('li', text));
};
