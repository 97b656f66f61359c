// The bench that a component stands on, as the page builds it: BENCH, BENCH-run, BENCH-strip, BENCH-status.

import {when} from './dom.js';

/** @param {string} id @param {AbortSignal} signal */
export const benchOf = (id, signal) => {
  const place = () => document.getElementById(id), part = name => document.getElementById(`${id}-${name}`);
  const film = () => /** @type {any} */ (part('strip')?.querySelector('.film'));
  return {
    place,
    part,
    film,
    running: () => Boolean(place()?.classList.contains('running')),
    stopping: () => Boolean(place()?.classList.contains('stopping')), // still running, and nothing may be started yet
    generate: (ms = 60) => setTimeout(() => part('run').click(), ms), // once the page has taken a new value

    /** Hands on what the film shows and what is picked on it, from now on. Resolves to the bench's element, or null.
     * @param {{shown?: (event: any) => void, picked?: (event: any) => void}} handlers */
    async follow({shown, picked}) {
      if (!await when(() => part('run') && film(), {signal})) return null;
      if (shown) place().addEventListener('film-shown', shown, {signal});
      if (picked) place().addEventListener('film-pick', picked, {signal});
      if (shown && film().told) shown({detail: film().told});
      return place();
    },
  };
};
