// What every page needs in the browser: dark or light, links, folding, keys. No request leaves from here.
(() => {
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem('atlas-theme'); } catch { return null; } };
  const system = matchMedia('(prefers-color-scheme: dark)');
  const dark = () => (stored() || (system.matches ? 'dark' : 'light')) === 'dark';
  const panelOf = id => document.getElementById(id);

  const paint = () => {
    const on = dark();
    root.style.colorScheme = on ? 'dark' : 'light';
    if (document.body && document.body.classList.contains('dark') !== on) document.body.classList.toggle('dark', on);
    document.querySelectorAll('.atlas-dark').forEach(button => {
      button.setAttribute('aria-pressed', on);
      button.textContent = on ? 'Light' : 'Dark';
    });
  };
  new MutationObserver(paint).observe(document.body, {attributes: true, attributeFilter: ['class']});
  system.addEventListener('change', paint);

  const say = (id, text) => {
    const place = document.querySelector(`#${id}-status`);
    if (!place) return;
    let note = place.querySelector('.said');
    if (!note) { note = document.createElement('p'); note.className = 'said'; note.setAttribute('role', 'status'); place.append(note); }
    note.textContent = text;
    setTimeout(() => note.remove(), 4000);
  };

  const clipboard = async text => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* not a secure page: the old way */ }
    const area = Object.assign(document.createElement('textarea'), {value: text});
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  };

  const waitFor = async (selector, ms = 8000) => {
    for (let t = 0; t < ms; t += 50) {
      const found = document.querySelector(selector);
      if (found && found.offsetParent) return found;
      await new Promise(done => setTimeout(done, 50));
    }
    return null;
  };

  const kept = {}; // where the browser keeps nothing: for this page only
  window.atlas = {
    paint,
    secret(given, kind = 'visitor') { // by which the server finds this visitor's things; it stays in this browser and is in no link
      const slot = kind === 'picture_secret' ? 'atlas-pictures' : 'atlas-visitor';
      if (given !== undefined) { kept[slot] = given; try { localStorage.setItem(slot, given); } catch { /* kept */ } }
      try { return localStorage.getItem(slot) || kept[slot] || ''; } catch { return kept[slot] || ''; }
    },
    toggle() {
      try { localStorage.setItem('atlas-theme', dark() ? 'light' : 'dark'); } catch { /* it lasts for this page only */ }
      paint();
    },
    started(id, values) { panelOf(id)?.classList.add('running'); return values; },
    ended(id) { panelOf(id)?.classList.remove('running'); },
    async generate(id) { if (id) (await waitFor(`#${id}-run`))?.click(); },
    async copyLink(id, value) {
      if (!value || !value.link) { say(id, 'There is nothing on the stage yet; generate first.'); return; }
      const long = [...new URLSearchParams(value.link).values()].join('').length, most = 20000; // _recipe.LONGEST
      if (long > most) { say(id, `This takes ${long.toLocaleString('en')} characters, a link may have ${most.toLocaleString('en')}; use fewer pictures of your own, or Export, which keeps the recipe.`); return; }
      history.replaceState(null, '', `${location.pathname}?${value.link}`);
      say(id, await clipboard(location.href) ? 'Link copied: it brings this result back.' : 'The link is in the address bar.');
    },
    forkHere(id, value) { // the run on the stage, opened as two branches that part at the step on screen
      if (!value?.link) { say(id, 'There is nothing on the stage yet; generate first.'); return; }
      const query = new URLSearchParams(value.link);
      ['eta', 'planes'].forEach(name => query.delete(name)); // the fork has no such options
      query.set('run', 'diffusion/fork');
      query.set('fork', document.querySelector(`#${id}-strip .film`)?.dataset.step || 0);
      query.set('label', query.get('label') || 'each class');
      query.set('samples', Math.min(12, +(query.get('samples') || 8)));
      location.search = query;
    },
    moment(id) { // the training on the stage and the step on screen, as JSON; '' where there is none
      const shown = document.querySelector(`#${id}-strip .film`)?.shown;
      const step = shown?.numbers.find(entry => entry.name === 'step')?.value;
      return shown?.recipe && Number.isInteger(step) ? JSON.stringify({options: shown.recipe.options, seed: shown.recipe.seed, step}) : '';
    },
    fold(id) {
      const open = panelOf(id).classList.toggle('unfolded');
      document.getElementById(`${id}-settings`).setAttribute('aria-expanded', open);
    },
  };

  document.addEventListener('click', event => { // a link to a bench of this page opens it where you are
    const link = event.target.closest('a[data-tab]');
    const tab = link && [...document.querySelectorAll('.runs button[role=tab]')].find(one => one.offsetParent && one.textContent.trim() === link.dataset.tab);
    if (tab && !event.ctrlKey && !event.metaKey) { event.preventDefault(); tab.click(); } // in the menu of a phone: the link leads there
  });
  document.addEventListener('click', event => { // a click of a person, not of a link that generates by itself
    if (event.isTrusted && event.target.closest('button.run')) event.target.closest('.bench')?.querySelector('.notice')?.remove();
  });
  const typing = target => target.closest('input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true], .cm-editor');
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key.toLowerCase() === 'g') {
      const near = event.target.closest('.bench')?.querySelector('button.run');
      const button = near || [...document.querySelectorAll('button.run')].find(found => found.offsetParent);
      if (button) { event.preventDefault(); button.click(); }
    }
    if (event.key === '?') document.querySelector('.atlas-keys')?.showModal();
  });
  paint();
})();
