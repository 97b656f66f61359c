// The films of the map: each plays once when it comes into sight, and again when it is pointed at. Where the visitor
// wants things still, the style sheet leaves them at their last frame.

import {ended, mounted} from '../dom.js';

/** @param {import('../types').Mount} mount */
export const reels = ({element}) => {
  const signal = mounted(element), all = [...element.querySelectorAll('.reel')];
  const play = async reel => {
    const image = reel.querySelector('img');
    if (!image) return;
    await image.decode().catch(() => {}); // one that does not come stays dark
    reel.classList.remove('plays');
    void reel.offsetWidth; // so that it begins anew
    reel.classList.add('plays');
  };
  const sight = new IntersectionObserver(seen => seen.forEach(one => {
    if (one.isIntersecting) { sight.unobserve(one.target); play(one.target); }
  }), {threshold: 0.6});
  all.forEach(reel => {
    sight.observe(reel);
    const tile = reel.closest('.tile');
    for (const event of ['pointerenter', 'focusin']) tile.addEventListener(event, () => play(reel));
  });
  ended(signal, () => sight.disconnect());
};
