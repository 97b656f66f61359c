// Finished texts of a search are ranked anew by another length penalty, from what the frames hold: nothing is computed
// that is not on the page. A frame carries {ended: [[log-probability, pieces], ...]}, in the order of its lane `ended`.

/** @param {import('../types').Strip} s the strip's state, see strip.js */
export const ranksOf = s => {
  const found = new WeakMap(); // frame -> its items as the search left them
  const ranked = (items, ended, power) => {
    const scored = items.map((item, k) => ({...item, value: ended[k][0] / ended[k][1] ** power, k}));
    scored.sort((a, b) => b.value - a.value);
    return scored.map(({k, ...item}) => ({...item, share: Math.exp(item.value - scored[0].value)}));
  };

  /** @param {string} title of the lane @param {number} power the penalty */
  const rank = (title, power) => {
    if (!s.film?.done || !Number.isFinite(power)) return;
    for (const frame of s.film.frames) {
      const lane = frame?.lanes?.[title], ended = frame?.carried?.ended;
      if (!lane || !ended) continue;
      if (!found.has(frame)) found.set(frame, lane.items);
      frame.lanes[title] = {...lane, items: ranked(found.get(frame), ended, power)};
    }
    s.film.note = `finished texts ranked by the penalty ${power}, nothing computed anew`;
    s.dirty = true;
    s.wake();
  };

  return {rank};
};
