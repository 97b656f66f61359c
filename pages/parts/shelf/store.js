// What the server keeps of this visitor's documents, and the requests about it: one for all shelves of a page.

import {download} from '../dom.js';
import {secret} from '../visitor.js';

/** Tells the others on the page that other documents or articles are asked now. @param {string} bench @param {boolean} visitor */
export const tellChosen = (bench, visitor) => document.dispatchEvent(new CustomEvent('shelf-chosen', {detail: {bench, visitor}}));

export const store = (() => {
  const s = {documents: [], until: null, busy: null, notes: [], listeners: new Set(), known: false, chosen: {}, stop: null};
  const tell = () => s.listeners.forEach(listener => listener());
  const kept = answer => {
    if (answer.documents) [s.documents, s.until, s.known] = [answer.documents, answer.until, true];
    tell();
  };
  const ask = async (path, init = {}) => {
    try {
      const answer = await fetch(`./documents${path}`, {...init, headers: {'X-Visitor': secret()}});
      if (init.raw) return answer;
      const found = await answer.json();
      if (found.error) s.notes = [found.error];
      kept(found);
    } catch { s.notes = ['The server did not answer; try again.']; tell(); }
    return null;
  };
  const send = file => new Promise(resolve => { // resolves to the last line that the server says
    const request = new XMLHttpRequest();
    let read = 0, last = {};
    const lines = whole => {
      const parts = request.responseText.slice(read).split('\n');
      const rest = whole ? '' : parts.pop();
      read = request.responseText.length - rest.length;
      for (const part of parts.filter(Boolean)) {
        try { last = JSON.parse(part); } catch { last = {error: 'The server gave no answer that can be read; try again.'}; }
        if (last.stage) s.busy = {...s.busy, ...last};
      }
      tell();
    };
    request.open('POST', './documents');
    request.setRequestHeader('X-Visitor', secret());
    request.setRequestHeader('X-Name', encodeURIComponent(file.name.slice(-500)));
    request.upload.onprogress = event => { if (event.loaded < event.total) { s.busy = {...s.busy, stage: 'sending', done: event.loaded, total: event.total}; tell(); } };
    request.onprogress = () => lines(false);
    request.onload = () => { lines(true); resolve(last.stage ? {error: `${file.name} was not finished; add it again.`} : last); };
    request.onerror = () => resolve(last.error ? last : {error: `${file.name} did not reach the server; try again.`});
    request.onabort = () => resolve({stopped: true});
    s.stop = () => { s.stopped = true; request.abort(); };
    request.send(file);
  });
  s.list = () => { if (secret()) return ask(''); s.known = true; return tell(); };
  s.remove = sha256 => ask(`/${sha256}`, {method: 'DELETE'});
  s.clear = () => ask('', {method: 'DELETE'});
  s.add = async (files, limit) => { // the hashes of those that were added
    if (s.busy || !files.length) return [];
    [s.notes, s.stopped] = [[], false];
    const added = [];
    for (const [at, file] of files.entries()) {
      if (s.stopped) break;
      s.busy = {name: file.name, at: at + 1, of: files.length, stage: 'sending', done: 0, total: 0};
      tell();
      const answer = file.size > limit
        ? {error: `${file.name} is ${(file.size / 1e6).toFixed(1)} MB; the limit is ${(limit / 1e6).toFixed(0)} MB: split it or save it without pictures.`}
        : await send(file);
      if (answer.secret) { secret(answer.secret); added.push(answer.added); }
      if (answer.error) s.notes.push(answer.error);
      for (const one of answer.documents || []) if (one.sha256 === answer.added) s.notes.push(...one.remarks.map(text => `${one.name}: ${text}.`));
      kept(answer);
    }
    s.busy = s.stop = null;
    tell();
    return added;
  };
  s.save = async () => {
    const answer = await ask('/export', {raw: true});
    if (!answer?.ok) return;
    download(await answer.blob(), 'application/zip', 'documents.zip');
  };
  return s;
})();
