// Controls that a link locks: `?lock=seed,steps`. They stay in sight and keep their values.

import {make, partsOf, when} from '../dom.js';

/** Locks what the address asks for, also on benches that are built later. */
export const lock = () => {
  const names = partsOf(new URLSearchParams(location.search).get('lock')).filter(name => /^\w+$/.test(name)).slice(0, 40);
  if (!names.length) return;
  const placeOf = name => (name === 'seed' ? '.bench .seed-row' : `.bench .option-${name}`);
  const line = make('p', 'locked');
  line.hidden = true;
  const close = () => {
    const there = names.filter(name => document.querySelector(placeOf(name)));
    if (!there.length) return;
    document.querySelectorAll(there.map(placeOf).join(', ')).forEach(one => { if (!one.hasAttribute('inert')) one.setAttribute('inert', ''); });
    const said = there.map(name => name.replaceAll('_', ' ')).join(', ');
    if (line.dataset.said === said) return; // what it reads may have been translated since
    line.dataset.said = said;
    line.textContent = `Locked by the link: ${said}.`;
    line.hidden = false;
  };
  new MutationObserver(close).observe(document.body, {childList: true, subtree: true});
  close();
  when(() => document.querySelector('.page-title'), {ms: 20000}).then(title => title?.append(line));
};
