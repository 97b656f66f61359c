// A visitor's own pictures to search: made small here, kept on the server for a while under a secret of this browser.
// The server answers server.folder(asked).

import {adopt} from '../dom.js';
import {padOf} from '../pads/tools.js';
import {secret} from '../visitor.js';
import {calledLike, filesFor} from './files.js';
import sheet from './picker.css' with {type: 'css'};

const BUNCH = 20; // pictures a request
const secretOf = given => secret(given, 'picture_secret');

/** @param {import('../types').Mount} mount */
export const folder = ({element, props, trigger, watch, server, SETTINGS}) => {
  const {root, given, say} = padOf({element, props, SETTINGS});
  adopt(sheet);
  const {opened} = filesFor(given);
  const buttons = root.querySelectorAll('[data-folder]'), bar = root.querySelector('progress'), away = root.querySelector('.folder-forget');
  let working = false, halted = false, shown = null;

  const sending = async question => (await server.folder({...question, secret: secretOf()}).catch(() => null)) || {error: 'The server does not answer; try again.'};

  const draw = () => {
    bar.hidden = !working;
    away.textContent = working ? 'Stop' : 'Forget them';
    away.hidden = !working && !shown;
    buttons.forEach(one => { one.disabled = working; });
  };

  const load = async files => {
    const all = [...files].filter(one => /^image\/|\.(png|jpe?g|webp|gif|bmp|heic|avif|tiff?)$/i.test(one.type + one.name)), many = all.slice(0, given.most);
    if (!many.length) { say(files.length ? 'There is no picture among these files; choose PNG, JPEG or WebP.' : '', true); return; }
    [working, halted] = [true, false];
    bar.max = many.length;
    draw();
    let to = '', bunch = [], kept = 0, wrong = all.length > many.length ? `${all.length} pictures; the limit is ${given.most}, ${all.length - many.length} were left out.` : '', skipped = 0;
    const send = async () => {
      const answer = await sending({add: bunch, to});
      bunch = [];
      if (answer.error) throw Error(answer.error);
      secretOf(answer.secret);
      [to, kept] = [answer.folder, answer.count];
    };
    try {
      for (const [k, one] of many.entries()) {
        if (halted) break;
        [bar.value] = [k];
        say(`Reading ${k + 1} of ${many.length}`);
        const [text] = await opened(one);
        if (text) bunch.push([calledLike(one), text]); else skipped += 1;
        if (bunch.length === BUNCH) await send();
      }
      if (bunch.length) await send();
    } catch (error) { wrong = error.message; }
    working = false;
    if (skipped && !wrong) wrong = `${skipped} files are no pictures that this browser can read; they were left out.`;
    const said = kept ? `${kept} pictures, kept for ${given.hours} hours and for you alone.` : 'No picture could be read; choose PNG, JPEG or WebP.';
    if (kept) { shown = props.value = to; trigger('input'); }
    say([said, wrong].filter(Boolean).join(' '), !kept || Boolean(wrong));
    draw();
  };

  buttons.forEach(one => {
    const file = one.nextElementSibling;
    one.addEventListener('click', () => file.click());
    file.addEventListener('change', async () => { const files = [...file.files]; file.value = ''; await load(files); });
  });
  away.addEventListener('click', async () => {
    if (working) { halted = true; return; }
    await sending({forget: true, to: shown});
    shown = props.value = '';
    trigger('input');
    say('They are forgotten.');
    draw();
  });
  root.addEventListener('dragover', event => { if ([...event.dataTransfer.types].includes('Files')) event.preventDefault(); });
  root.addEventListener('drop', event => { if (event.dataTransfer.files.length) { event.preventDefault(); event.stopPropagation(); load(event.dataTransfer.files); } });
  const absorb = () => {
    const text = typeof props.value === 'string' ? props.value : '';
    if (text === shown) return;
    shown = text;
    if (shown && !working) say('Pictures of yours, by a link.');
    draw();
  };
  watch('value', absorb);
  absorb();
};
