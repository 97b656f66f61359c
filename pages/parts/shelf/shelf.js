// The shelf in the browser: the list, the progress, choosing. Names and sentences are shown by textContent only.

import {adopt, ended, make, makeButton, mounted, partsOf} from '../dom.js';
import sheet from './shelf.css' with {type: 'css'};
import {store, tellChosen} from './store.js';

const HOW = {
  sending: 'Sending', waiting: 'Waiting for others,', opening: 'Opening', reading: 'Reading', cleaning: 'Reading',
  loading: 'Loading the embedder for', embedding: 'Embedding',
};

const count = (number, word) => `${number.toLocaleString('en')} ${word}${number === 1 ? '' : 's'}`;
const facts = one => [
  one.pages > 1 ? count(one.pages, 'page') : count(one.characters, 'character'), ...(one.chunks ? [count(one.chunks, 'chunk')] : []),
].join(', ');

/** @param {import('../types').Mount} mount SETTINGS: {bench, limit, example} */
export const shelf = ({element, props, trigger, watch, SETTINGS}) => {
  adopt(sheet);
  const root = element.querySelector('.shelf'), list = root.querySelector('.shelf-list'), file = root.querySelector('input[type=file]');
  const work = root.querySelector('.shelf-work'), notes = root.querySelector('.shelf-notes');
  const hashes = () => partsOf(props.value);

  const choose = (wanted, visitor = true) => { // what is asked from now on
    const text = wanted.join(', ');
    store.chosen[SETTINGS.bench] = wanted;
    if (text !== (props.value || '')) {
      props.value = text;
      trigger('input', {});
      if (visitor) tellChosen(SETTINGS.bench, true);
    }
    draw();
  };

  const button = (text, name, does) => {
    const made = makeButton('', text, does);
    made.setAttribute('aria-label', name);
    made.title = name;
    return made;
  };

  const row = one => {
    const item = make('li'), label = make('label'), box = make('input'), words = make('span');
    box.type = 'checkbox';
    box.checked = hashes().includes(one.sha256);
    box.addEventListener('change', () => choose(box.checked ? [...hashes(), one.sha256] : hashes().filter(hash => hash !== one.sha256)));
    words.append(make('span', 'name', one.name), make('small', '', facts(one)));
    words.title = one.name;
    label.append(box, words);
    item.append(label, button('\u00d7', `Delete ${one.name}`, () => store.remove(one.sha256)));
    return item;
  };

  const stray = hash => { // in a link, or deleted since
    const item = make('li', 'stray');
    item.append(make('span', '', `A document that is not here (${hash.slice(0, 8)}): yours are kept two hours, and nobody else's are shown.`),
      button('\u00d7', 'Do without it', () => choose(hashes().filter(one => one !== hash))));
    return item;
  };

  let drawn = '';
  const draw = () => {
    const here = store.documents.map(one => one.sha256), strays = hashes().filter(hash => !here.includes(hash));
    store.chosen[SETTINGS.bench] = hashes();
    const key = JSON.stringify([store.documents, props.value, store.known, !!store.busy]);
    if (key !== drawn) {
      drawn = key;
      list.replaceChildren(...store.documents.map(row), ...(store.known && !store.busy ? strays.map(stray) : []));
    }
    root.classList.toggle('empty', !store.documents.length);
    const busy = store.busy, bar = work.querySelector('progress');
    work.hidden = !busy;
    if (busy) {
      const share = busy.total > 0 ? busy.done / busy.total : null;
      share === null ? bar.removeAttribute('value') : bar.setAttribute('value', share.toFixed(3));
      const far = busy.stage === 'embedding' && busy.total ? `, ${busy.done} of ${count(busy.total, 'chunk')}` : '';
      work.querySelector('.shelf-stage').textContent = `${HOW[busy.stage] || 'Reading'} ${busy.name}${busy.of > 1 ? ` (${busy.at} of ${busy.of})` : ''}${far}`;
    }
    for (const name of ['add', 'example']) root.querySelector(`[data-do=${name}]`).disabled = !!busy;
    const said = store.notes.join('\n');
    if (notes.said !== said) {
      notes.said = said;
      notes.replaceChildren(...store.notes.map(text => make('p', '', text)));
    }
    const until = store.until ? new Date(store.until * 1000).toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'}) : '';
    root.querySelector('.shelf-until').textContent = until && `Kept until ${until}, longer if used`;
  };

  const listen = () => { // a document that is gone is no longer asked
    const here = store.documents.map(one => one.sha256), kept = hashes().filter(hash => here.includes(hash) || !mine.has(hash));
    here.forEach(hash => mine.add(hash));
    if (kept.length < hashes().length) choose(kept);
    draw();
  };
  const mine = new Set(); // hashes that were here: they differ from a stranger's in a link

  const add = async files => {
    const added = await store.add([...files], SETTINGS.limit);
    if (added.length) choose([...new Set([...hashes(), ...added])]);
    return added;
  };
  const does = {
    add: () => file.click(), stop: () => store.stop?.(), save: () => store.save(), clear: () => store.clear(),
    async example() {
      const added = await store.add([new File([SETTINGS.example.text], SETTINGS.example.name)], SETTINGS.limit);
      if (!added.length) return;
      choose(added);
      setTimeout(() => trigger('example', {}), 60); // once the page has taken the choice
    },
  };
  root.addEventListener('click', event => does[event.target.closest('[data-do]')?.dataset.do]?.());
  file.addEventListener('change', async () => { const files = [...file.files]; file.value = ''; await add(files); });
  root.addEventListener('dragover', event => { event.preventDefault(); root.classList.add('over'); });
  root.addEventListener('dragleave', () => root.classList.remove('over'));
  root.addEventListener('drop', event => { event.preventDefault(); root.classList.remove('over'); add(event.dataTransfer.files); });
  watch('value', () => { draw(); tellChosen(SETTINGS.bench, false); });
  store.listeners.add(listen);
  ended(mounted(element), () => store.listeners.delete(listen));
  if (!store.known) store.list();
  store.documents.forEach(one => mine.add(one.sha256));
  draw();
};
