// The glossary: finding, opening (the article is fetched then), and an address for each word.

import {adopt, mounted} from '../dom.js';
import sheet from './glossary.css' with {type: 'css'};

/** @param {import('../types').Mount} mount */
export const glossary = ({element}) => {
  adopt(sheet);
  const signal = mounted(element);
  const root = element.querySelector('.glossary'), find = root.querySelector('input'), said = root.querySelector('[role=status]');
  const entries = [...root.querySelectorAll('details')];
  const words = entries.map(one => one.querySelector('summary').textContent.toLowerCase());

  const sift = () => {
    const asked = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    entries.forEach((one, i) => { one.hidden = !asked.every(word => words[i].includes(word)); shown += one.hidden ? 0 : 1; });
    said.textContent = shown === entries.length ? `${shown} words` : shown ? `${shown} of ${entries.length} words` : 'No word of the glossary has that; ask RAG, or try a shorter one.';
  };

  const read = async one => {
    const place = one.querySelector('.article');
    if (place.dataset.read) return;
    place.dataset.read = 'yes';
    try {
      const got = await fetch(`./articles/${one.id}`);
      if (!got.ok) throw new Error(String(got.status));
      place.innerHTML = await got.text(); // made by the server from the project's own articles
    } catch { delete place.dataset.read; place.textContent = 'The article could not be fetched; open it again.'; }
  };

  entries.forEach(one => one.addEventListener('toggle', () => {
    if (!one.open) return;
    read(one);
    history.replaceState(history.state, '', `${location.pathname}#${one.id}`); // whole: the page has a base of its own
  }));
  const named = () => {
    const one = entries.find(entry => entry.id === decodeURIComponent(location.hash.slice(1)));
    if (one) { find.value = ''; sift(); one.open = true; one.scrollIntoView({block: 'start'}); }
  };
  find.addEventListener('input', sift);
  window.addEventListener('hashchange', named, {signal});
  sift();
  named();
};
