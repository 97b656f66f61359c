// What has to be there before the page is: dark or light, and the one name that the pages' own calls use, `window.atlas`.
// It stands in the head itself; main.js, which is fetched, brings the components and the other actions.

const root = document.documentElement;
const stored = () => { try { return localStorage.getItem('atlas-theme'); } catch { return null; } };
const system = matchMedia('(prefers-color-scheme: dark)');
const dark = () => (stored() || (system.matches ? 'dark' : 'light')) === 'dark';

const paint = () => {
  const on = dark();
  root.style.colorScheme = on ? 'dark' : 'light';
  if (document.body && document.body.classList.contains('dark') !== on) document.body.classList.toggle('dark', on);
  document.querySelectorAll('.atlas-dark').forEach(button => {
    button.setAttribute('aria-pressed', String(on));
    button.textContent = on ? 'Light' : 'Dark';
  });
};
const toggle = () => {
  try { localStorage.setItem('atlas-theme', dark() ? 'light' : 'dark'); } catch { /* it lasts for this page only */ }
  paint();
};

const waiting = []; // calls of components that came before main.js
let parts = null;
const arrive = Promise.withResolvers?.() ?? (() => {
  const made = {};
  made.promise = new Promise(resolve => { made.resolve = resolve; });
  return made;
})();

window.atlas = {
  modules: {}, // those of all scripts, for one that is fetched later
  paint,
  toggle,
  ready: arrive.promise, // resolves to window.atlas once all actions are there
  mount(build) { if (parts) build(parts); else waiting.push(build); },
  begin(components, actions) { // called once, by main.js
    parts = components;
    Object.assign(window.atlas, actions);
    arrive.resolve(window.atlas);
    for (const build of waiting.splice(0)) build(parts);
  },
};
new MutationObserver(paint).observe(document.body, {attributes: true, attributeFilter: ['class']});
system.addEventListener('change', paint);
paint();
