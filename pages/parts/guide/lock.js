// Controls that a link locks: `?lock=seed,steps`. They stay in sight and keep their values.

import {make, partsOf, when} from '../dom.js';

/** Locks what the address asks for, also on benches that are built later. */
export const lock = () => {
  const names = partsOf(new URLSearchParams(location.search).get('lock')).filter(name => /^\w+$/.test(name)).slice(0, 40);
  if (!names.length) return;
  const found = names.map(name => (name === 'seed' ? '.bench .seed-row' : `.bench .option-${name}`)).join(', ');
  const close = () => document.querySelectorAll(found).forEach(one => { if (!one.hasAttribute('inert')) one.setAttribute('inert', ''); });
  new MutationObserver(close).observe(document.body, {childList: true, subtree: true});
  close();
  when(() => document.querySelector('.page-title'), {ms: 20000}).then(title => {
    const line = make('p', 'locked', `Locked by the link: ${names.map(name => name.replaceAll('_', ' ')).join(', ')}.`);
    title?.append(line);
  });
};
