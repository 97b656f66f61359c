// The menu of articles. Its value: "" for all (for none, where documents of the visitor are asked), "*" for all besides.

import {adopt, make, mounted, partsOf} from '../dom.js';
import sheet from './shelf.css' with {type: 'css'};
import {store, tellChosen} from './store.js';

/** @param {import('../types').Mount} mount SETTINGS: {bench, articles: [[stem, title]]} */
export const articles = ({element, props, trigger, watch, SETTINGS}) => {
  adopt(sheet);
  const signal = mounted(element);
  const root = element.querySelector('.articles'), now = root.querySelector('.articles-now'), list = root.querySelector('ul');
  const search = root.querySelector('input[type=search]'), all = root.querySelector('.articles-all input');
  const titles = new Map(SETTINGS.articles), own = () => (store.chosen[SETTINGS.bench] || []).length;
  const named = () => partsOf(props.value).filter(name => name !== '*');
  const whole = () => (named().length ? false : partsOf(props.value).includes('*') || !own());

  const take = names => {
    const text = names === null ? (own() ? '*' : '') : names.join(', ');
    if (text !== (props.value || '')) {
      props.value = text;
      trigger('input', {});
      tellChosen(SETTINGS.bench, true);
    }
    draw();
  };

  const rows = SETTINGS.articles.map(([stem, title]) => {
    const item = make('li'), label = make('label'), box = make('input');
    box.type = 'checkbox';
    box.addEventListener('change', () => {
      const names = box.checked ? [...named(), stem] : named().filter(name => name !== stem);
      take(names.length === rows.length ? null : names);
    });
    label.append(box, make('span', '', title));
    item.append(label);
    list.append(item);
    return {stem, item, box, text: `${stem} ${title}`.toLowerCase()};
  });

  const draw = () => {
    const names = named();
    now.textContent = names.length ? `${names.length} of ${rows.length}: ${names.map(name => titles.get(name) || name).join(', ')}`
      : whole() ? `All ${rows.length}${own() ? ', besides yours' : ''}` : 'None, only yours';
    now.title = now.textContent;
    all.checked = whole();
    for (const {stem, box} of rows) box.checked = names.includes(stem);
  };
  all.addEventListener('change', () => take(all.checked ? null : []));
  search.addEventListener('input', () => {
    const wanted = search.value.toLowerCase().trim();
    for (const {item, text} of rows) item.hidden = !text.includes(wanted);
  });
  root.addEventListener('toggle', () => { if (root.open) search.focus({preventScroll: true}); });
  root.addEventListener('keydown', event => { if (event.key === 'Escape' && root.open) { root.open = false; root.querySelector('summary').focus(); } });
  document.addEventListener('click', event => { if (root.open && !root.contains(event.target)) root.open = false; }, {signal});
  document.addEventListener('shelf-chosen', event => { if (event.detail.bench === SETTINGS.bench) draw(); }, {signal});
  watch('value', draw);
  draw();
};
