// The secrets by which the server finds what a visitor left there. They stay in this browser and are in no link.

const SLOTS = {visitor: 'atlas-visitor', picture_secret: 'atlas-pictures'}; // what a run calls it -> where it is kept
const kept = {}; // where the browser keeps nothing: for this page only

/** The secret of a kind; `given` replaces it. @param {string} [given] @param {keyof typeof SLOTS} [kind] @returns {string} */
export const secret = (given, kind = 'visitor') => {
  const slot = SLOTS[kind];
  if (given !== undefined) { kept[slot] = given; try { localStorage.setItem(slot, given); } catch { /* kept */ } }
  try { return localStorage.getItem(slot) || kept[slot] || ''; } catch { return kept[slot] || ''; }
};
