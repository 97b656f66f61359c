// The chat in the browser. A message is shown as text, an answer with its Markdown; nothing is kept elsewhere.

import {benchOf} from '../bench.js';
import {adopt, download, ended, make, makeButton, mounted} from '../dom.js';
import {marked} from './marks.js';
import sheet from './chat.css' with {type: 'css'};

const parse = text => { try { const found = JSON.parse(text); return Array.isArray(found) ? found : []; } catch { return text ? [['user', text]] : []; } };

/** @param {import('../types').Mount} mount SETTINGS: {bench, hints} */
export const chat = ({element, props, trigger, SETTINGS}) => {
  adopt(sheet);
  const signal = mounted(element), bench = benchOf(SETTINGS.bench, signal), {part, running} = bench;
  const root = element.querySelector('.chat'), log = root.querySelector('.chat-log'), area = root.querySelector('textarea');
  const form = root.querySelector('form'), send = root.querySelector('.chat-send'), halt = root.querySelector('.chat-stop');
  const state = root.querySelector('.chat-state'), hints = root.querySelector('.chat-hints');

  let turns = [], shown = null, pending = null, editing = -1; // turns: [role, text]; shown: what the film shows; pending: sent, no frame yet


  // ---- the conversation on screen ---------------------------------------------------------------------------------
  const conversation = () => (pending ? [...pending, ['assistant', '']] : turns);

  const write = (body, role, text) => {
    body.dataset.text = text;
    if (role === 'assistant') body.replaceChildren(marked(text)); else body.textContent = text;
  };

  const bubble = (role, text, k, all) => {
    const item = make('li', `chat-turn ${role}`), body = make('div', 'chat-text'), tools = make('div', 'chat-tools');
    write(body, role, text);
    item.append(make('span', 'chat-who', role === 'user' ? 'You' : 'Model'), body, tools);
    const tool = (name, does) => tools.append(makeButton('', name, does));
    if (text) tool('Copy', () => copy(text));
    if (role === 'user' && !recorded()) tool('Edit', () => { editing = k; draw(); });
    if (role === 'assistant' && k === all.length - 1 && text && !recorded()) tool('Regenerate', again);
    return item;
  };

  const editor = (text, k) => {
    const item = make('li', 'chat-turn user'), box = make('textarea'), tools = make('div', 'chat-tools kept');
    box.value = text;
    box.rows = Math.min(8, text.split('\n').length + 1);
    box.setAttribute('aria-label', 'Your message, changed');
    const done = keep => { editing = -1; if (keep && box.value.trim()) ask([...turns.slice(0, k), ['user', box.value.trim()]]); else draw(); };
    tools.append(makeButton('', 'Ask this', () => done(true)), makeButton('', 'Leave it', () => done(false)));
    box.addEventListener('keydown', event => { if (event.key === 'Escape') done(false); if (event.key === 'Enter' && !event.shiftKey) { event.preventDefault(); done(true); } });
    item.append(make('span', 'chat-who', 'You'), box, tools);
    requestAnimationFrame(() => box.focus());
    return item;
  };

  let drawn = ''; // what the log holds, less the last answer, which only grows
  const draw = () => {
    const all = conversation(), last = all.at(-1), growing = last?.[0] === 'assistant' && (running() || pending);
    const key = JSON.stringify([growing ? all.slice(0, -1) : all, editing, shown?.folded, recorded(), !!growing]);
    if (key === drawn && growing) {
      const body = log.lastElementChild.querySelector('.chat-text');
      if (body.dataset.text !== last[1]) write(body, ...last);
    } else if (key !== drawn) {
      drawn = key;
      log.replaceChildren(...all.map(([role, text], k) => (k === editing ? editor(text, k) : bubble(role, text, k, all))));
      const gone = shown?.folded || 0;
      [...log.children].slice(0, gone).forEach(one => one.classList.add('folded'));
      if (gone) log.children[gone]?.before(make('li', 'chat-note', 'What is above no longer fits into the context; the model does not read it.'));
      if (growing) log.lastElementChild.classList.add('growing');
      if (recorded()) log.prepend(make('li', 'chat-note', 'Recorded. What you write begins a conversation of your own.'));
    }
    root.classList.toggle('empty', !all.length);
    hints.hidden = !!all.length && !recorded();
    halt.hidden = !running();
    send.hidden = running();
  };
  const recorded = () => shown?.badge === 'recorded' && !pending;

  // ---- sending ----------------------------------------------------------------------------------------------------
  const ask = (conversation, fresh = false) => {
    if (running()) return;
    pending = conversation;
    draw();
    root.querySelector('.chat-scroll').scrollTop = 0; // it is counted from its end
    props.value = JSON.stringify(conversation);
    trigger('input', {});
    if (fresh) part('dice').click();
    bench.generate(fresh ? 250 : undefined);
  };
  const again = () => ask(turns.slice(0, -1), true);

  form.addEventListener('submit', event => {
    event.preventDefault();
    const text = area.value.trim();
    if (running()) return;
    if (!text) { note('Write a message first.'); area.focus(); return; }
    area.value = '';
    fit();
    ask([...(recorded() ? [] : turns.at(-1)?.[0] === 'user' ? turns.slice(0, -1) : turns), ['user', text]]);
  });
  area.addEventListener('keydown', event => { if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); } });
  const fit = () => { area.style.height = 'auto'; area.style.height = `${Math.min(160, area.scrollHeight + 2)}px`; };
  area.addEventListener('input', fit);
  halt.addEventListener('click', () => part('stop').click());

  // ---- what the film shows ----------------------------------------------------------------------------------------
  const follow = ({detail}) => {
    const asked = parse(detail.recipe?.options?.turns ?? '');
    if (!asked.length || (pending && JSON.stringify(asked) !== JSON.stringify(pending))) return; // an earlier film
    const frames = detail.frames.slice(0, detail.index + 1).filter(Boolean);
    const said = frames.map(frame => frame.grown?.said ?? '').join('');
    shown = {badge: detail.badge, recipe: detail.recipe, folded: frames[0]?.carried?.folded || 0};
    pending = null;
    turns = [...asked, ['assistant', said]];
    draw();
  };

  const settle = () => { // a run began or ended
    if (!running() && pending && !waiting) {
      waiting = setTimeout(() => { // it ended without a frame: refused, or stopped in the queue; nothing that was written is lost
        waiting = 0;
        if (pending && !running()) { area.value ||= pending.at(-1)[1]; pending = null; fit(); draw(); }
      }, 600);
    }
    report();
    draw();
  };
  const report = () => { // what the bench waits for: a model that is being fetched, a place in the queue
    const place = part('status'), bar = place?.querySelector('progress');
    state.replaceChildren(...(running() && bar ? [bar.cloneNode(true)] : []), running() ? bench.stopping() ? 'Stopping' : place?.textContent.trim() || 'Answering' : '');
  };
  let waiting = 0;
  const wire = async () => {
    const place = await bench.follow({shown: follow});
    if (!place) return;
    place.classList.add('chatting');
    place.querySelector('.panel-actions').inert = true; // Send and Stop are here
    const runs = new MutationObserver(settle), says = new MutationObserver(report);
    runs.observe(place, {attributes: true, attributeFilter: ['class']});
    says.observe(part('status'), {childList: true, subtree: true, characterData: true});
    ended(signal, () => { runs.disconnect(); says.disconnect(); });
    draw();
  };

  // ---- the rest ---------------------------------------------------------------------------------------------------
  const copy = async text => {
    try { await navigator.clipboard.writeText(text); } catch { area.focus(); }
    note('Copied');
  };
  const note = text => {
    state.textContent = text;
    setTimeout(() => { if (state.textContent === text) state.textContent = ''; }, 3000);
  };
  const does = {
    new() { [turns, pending, editing, shown] = [[], null, -1, null]; draw(); area.focus(); },
    markdown() { download(turns.map(([role, text]) => `**${role === 'user' ? 'You' : 'Model'}**\n\n${text}\n`).join('\n'), 'text/markdown', 'conversation.md'); },
    json() {
      const messages = turns.map(([role, content]) => ({role, content}));
      download(JSON.stringify({messages, recipe: shown?.recipe ?? null}, null, 1), 'application/json', 'conversation.json');
    },
  };
  root.querySelector('.chat-foot').addEventListener('click', event => does[event.target.dataset.do]?.());
  for (const text of SETTINGS.hints) {
    hints.append(makeButton('', text, () => ask([['user', text]])));
  }
  wire();
};
