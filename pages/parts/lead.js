// What a visitor expects of a question's run: kept in this tab, there again when the question's link has loaded the page.

const kept = {get: key => { try { return sessionStorage.getItem(key) || ''; } catch { return ''; } },
  set: (key, text) => { try { sessionStorage.setItem(key, text); } catch { /* for this page only */ } }};
const LAST = 'atlas-asked'; // whose link was followed last

/** @param {import('./types').Mount} mount */
export const lead = ({element}) => {
  const asked = kept.get(LAST);
  kept.set(LAST, '');
  for (const one of element.querySelectorAll('.posed')) {
    const line = one.querySelector('input'), link = one.querySelector('a'), key = `atlas-expect ${link.getAttribute('href')}`;
    line.value = kept.get(key);
    line.addEventListener('input', () => kept.set(key, line.value));
    line.addEventListener('keydown', event => { if (event.key === 'Enter' && !event.isComposing) link.click(); });
    link.addEventListener('click', () => kept.set(LAST, line.value && key));
    if (asked === key) one.closest('details').open = true;
  }
};
