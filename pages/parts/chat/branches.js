// The tree of alternatives in the browser. Given by Gradio: element, props, trigger. Given by the page: CSS, SETTINGS.

if (!document.getElementById('branches-css')) {
  document.head.append(Object.assign(document.createElement('style'), {id: 'branches-css', textContent: CSS}));
}
const root = element.querySelector('.branches'), tree = root.querySelector('.branches-tree');
const bench = () => document.getElementById(SETTINGS.bench), part = name => document.getElementById(`${SETTINGS.bench}-${name}`);
const make = (name, className = '', text = '') => Object.assign(document.createElement(name), {className, textContent: text});
const MOST = 24; // branches that are kept

let films = new Map(), about = '', shown = null, drawn = ''; // run -> [{id, text, share}]; about: text and settings they share

const aboutOf = recipe => {
  const {given, max_new_tokens, ...rest} = recipe.options;
  return JSON.stringify([recipe.model, recipe.seed, rest]);
};
const tokensOf = frames => frames.map(frame => {
  const lane = Object.values(frame?.lanes || {}).find(one => one.kind === 'tokens' && one.grows);
  return lane?.items.at(-1) || {text: '?', id: null};
});

const follow = ({detail}) => {
  if (!detail.recipe?.options || !detail.frames.length) return;
  const now = aboutOf(detail.recipe);
  if (now !== about) [films, about] = [new Map(), now];
  films.delete(detail.run);
  films.set(detail.run, tokensOf(detail.frames));
  while (films.size > MOST) films.delete(films.keys().next().value);
  shown = detail;
  draw();
};

const grown = () => { // the films as one tree: {kids: Map of id -> {tok, depth, run, kids}}
  const top = {kids: new Map(), depth: -1};
  for (const [run, path] of films) {
    path.reduce((node, tok, depth) => {
      if (!node.kids.has(tok.id)) node.kids.set(tok.id, {tok, depth, run, kids: new Map()});
      const kid = node.kids.get(tok.id);
      if (run === shown.run) kid.run = run; // the one on the stage is where a shared token leads
      return kid;
    }, top);
  }
  return top;
};

const chain = (node, on) => {
  const line = make('div', 'branches-line');
  let at = node, here = on;
  while (at) {
    here = here && films.get(shown.run)[at.depth]?.id === at.tok.id;
    line.append(leaf(at, here));
    if (at.kids.size > 1) {
      const fork = make('div', 'branches-fork');
      for (const kid of at.kids.values()) fork.append(chain(kid, here));
      line.append(fork);
      break;
    }
    at = at.kids.size ? [...at.kids.values()][0] : null;
  }
  return line;
};

const leaf = (node, here) => {
  const made = make('button', 'branches-token', node.tok.text.replace(/\n/g, '\u23ce').replace(/^ /, '\u00b7'));
  made.type = 'button';
  made.classList.toggle('here', here);
  if (here && node.depth === shown.index) made.setAttribute('aria-current', 'step');
  made.title = node.tok.share === undefined ? '' : `${(100 * node.tok.share).toPrecision(3)} %`;
  made.addEventListener('click', () => part('strip').querySelector('.film').bring(node.run, node.depth));
  return made;
};

const draw = () => {
  root.classList.toggle('grown', films.size > 1);
  const key = [shown.run, shown.index, ...[...films.values()].map(path => path.length)].join();
  if (key === drawn) return;
  drawn = key;
  const top = grown();
  tree.replaceChildren(...(films.size > 1 ? [...top.kids.values()].map(kid => chain(kid, true)) : []));
  const now = tree.querySelector('[aria-current]');
  if (now) tree.scrollLeft = Math.max(0, now.offsetLeft - tree.clientWidth / 2);
};

const write = path => { // an answer that begins so; nothing while another is being written
  if (bench().classList.contains('running')) return;
  props.value = path.join(', ');
  trigger('input', {});
  setTimeout(() => part('run').click(), 60); // once the page has taken the new value
};
root.querySelector('.branches-on').addEventListener('click', () => {
  const path = shown?.frames[shown.index]?.carried?.path;
  if (path) write(path);
});

const pick = ({detail}) => { // another token in the place of the one that was taken
  const path = shown?.frames[detail.frame]?.carried?.path;
  if (!path || detail.id === null || shown.frames[detail.frame].lanes[detail.lane]?.kind === 'tokens') return;
  if (detail.id !== path.at(-1)) write([...path.slice(0, -1), detail.id]);
};

const wire = () => {
  const place = bench();
  if (!place || !part('run') || !part('strip')) { setTimeout(wire, 50); return; }
  place.addEventListener('film-shown', follow);
  place.addEventListener('film-pick', pick);
  part('run').addEventListener('pointerdown', () => { if (props.value) { props.value = ''; trigger('input', {}); } }); // by hand: from the start
  const film = part('strip')?.querySelector('.film');
  if (film?.told) follow({detail: film.told});
};
wire();
