// What a step points at: lanes, charts and numbers of a film, by the names that the engine gives them; marked, and in sight.

const EDGE = 12; // CSS pixels between what is pointed at and the edge of what can be seen
const clear = () => document.querySelectorAll('.guide-pointed').forEach(one => one.classList.remove('guide-pointed'));
const among = (place, names) => names.flatMap(name => [...(place?.querySelectorAll(`.film [data-name="${CSS.escape(name)}"]`) ?? [])]);

/** Marks what is there of those names, and nothing else. @param {Element | null} bench @param {string[]} names */
export const point = (bench, names) => {
  clear();
  among(bench, names).forEach(one => one.classList.add('guide-pointed'));
};

/** Scrolls to the first of them, or to the stage, where the guide or the transport covers it or it is off the screen.
 * @param {Element | null} bench @param {string[]} names @param {number} bottom where what can be seen ends */
export const show = (bench, names, bottom) => {
  const stage = /** @type {HTMLElement | null} */ (bench?.querySelector('.panel-stage')), first = among(bench, names).find(one => one.offsetParent);
  const one = first ?? stage;
  if (!one?.offsetParent) return;
  const foot = bench.querySelector('.film-foot'), stuck = foot && getComputedStyle(foot).position === 'sticky' && !foot.contains(one);
  const box = one.getBoundingClientRect(), low = Math.min(bottom, stuck ? foot.getBoundingClientRect().top : bottom);
  if (first && box.top >= EDGE && box.bottom <= low - EDGE) return;
  const below = box.bottom - low + EDGE, fits = box.height <= low - 2 * EDGE;
  scrollBy(0, first && fits && below > 0 ? below : box.top - EDGE); // as much of what stands over it as there is room for
};
