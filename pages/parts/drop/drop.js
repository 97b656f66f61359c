// Patches left out by hand: reads the frames of a film whose `carried` has drops and gone, and asks again.

import {benchOf} from '../bench.js';
import {adopt, clamp, isDark, mounted, recoloured} from '../dom.js';
import sheet from './drop.css' with {type: 'css'};

/** @param {import('../types').Mount} mount SETTINGS: {bench} */
export const drop = ({element, props, trigger, watch, SETTINGS}) => {
  adopt(sheet);
  const signal = mounted(element), bench = benchOf(SETTINGS.bench, signal);
  const root = element.querySelector('.drop'), field = root.querySelector('.drop-field'), canvas = root.querySelector('canvas');
  const heat = root.querySelector('input'), back = root.querySelector('button'), g = canvas.getContext('2d'), SIZE = canvas.width;
  let run = '', image = null, drops = [], chance = 0, at = -1; // at: the patch that is looked at

  const side = () => Math.round(Math.sqrt(drops.length)) || 8;
  const gone = () => new Set(String(props.value ?? '').split(/[\s,]+/).map(Number).filter(one => one > 0));
  const word = () => (at >= 0 && drops.length ? `Patch ${at + 1}: row ${Math.floor(at / side()) + 1}, column ${at % side() + 1}.` : '');

  const follow = ({detail}) => {
    const frame = detail.frames[detail.index];
    if (!frame?.carried?.drops) return;
    if (run !== detail.run) {
      run = detail.run;
      const lane = Object.values(frame.lanes).find(one => one.kind === 'pictures');
      image = Object.assign(new Image(), {src: lane.src, onload: draw});
      image.size_ = [lane.w, lane.h];
    }
    ({drops} = frame.carried);
    chance = frame.numbers.find(one => one.name === 'chance')?.value ?? 0;
    root.hidden = false;
    draw();
  };

  const paint = step => {
    const most = Math.max(1e-6, ...drops.map(Math.abs)), [falls, rises] = isDark() ? ['86,180,233', '240,138,75'] : ['0,114,178', '213,94,0'];
    drops.forEach((value, i) => {
      g.fillStyle = `rgba(${value > 0 ? falls : rises}, ${0.75 * Math.abs(value) / most})`;
      g.fillRect(i % side() * step, Math.floor(i / side()) * step, step, step);
    });
  };

  const cross = (i, step) => { // a patch that is not there
    const x = i % side() * step, y = Math.floor(i / side()) * step;
    g.fillStyle = '#808080';
    g.fillRect(x, y, step, step);
    g.strokeStyle = '#000'; g.lineWidth = 2;
    g.beginPath();
    g.moveTo(x, y); g.lineTo(x + step, y + step); g.moveTo(x + step, y); g.lineTo(x, y + step);
    g.stroke();
  };

  const draw = () => {
    if (!image?.complete || !image.naturalWidth) return;
    const step = SIZE / side(), left = gone();
    g.imageSmoothingEnabled = false;
    g.drawImage(image, 0, 0, ...image.size_, 0, 0, SIZE, SIZE);
    if (heat.checked) paint(step);
    left.forEach(one => cross(one - 1, step));
    if (at >= 0) {
      const box = [at % side() * step, Math.floor(at / side()) * step, step, step];
      g.strokeStyle = '#fff'; g.lineWidth = 4; g.strokeRect(...box);
      g.strokeStyle = '#000'; g.lineWidth = 2; g.strokeRect(...box);
    }
    tell(left);
  };

  const tell = left => {
    const without = Math.min(1, chance * Math.exp(-(drops[at] ?? 0)));
    const said = left.has(at + 1) ? 'It is left out.' : `Chance of the answer: ${chance.toFixed(2)}; without this patch: ${without.toFixed(2)}.`;
    root.querySelector('.drop-here').textContent = at < 0 ? '' : `${word()} ${said}`;
    root.querySelector('.drop-gone').textContent = left.size ? `Left out: ${[...left].join(', ')}.` : 'Nothing is left out.';
    back.disabled = !left.size;
  };

  const write = numbers => { // ask again without these; nothing while another answer is on its way
    if (bench.running()) return;
    props.value = [...numbers].sort((one, other) => one - other).join(' ');
    trigger('input', {});
    draw();
    bench.generate();
  };
  const toggle = () => {
    const left = gone();
    if (at < 0 || (!left.has(at + 1) && left.size + 1 >= drops.length)) return;
    left.delete(at + 1) || left.add(at + 1);
    write(left);
  };

  const place = event => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map(share => clamp(Math.floor(share * side()), 0, side() - 1));
    return y * side() + x;
  };
  field.addEventListener('pointermove', event => { at = place(event); draw(); });
  field.addEventListener('click', event => { at = place(event); toggle(); });
  const WAYS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  field.addEventListener('keydown', event => {
    const way = WAYS[event.key];
    if ((!way && event.key !== ' ' && event.key !== 'Enter') || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (!way) { toggle(); return; }
    const from = Math.max(0, at), [x, y] = [from % side() + way[0], Math.floor(from / side()) + way[1]].map(one => clamp(one, 0, side() - 1));
    at = y * side() + x;
    draw();
  });
  heat.addEventListener('change', draw);
  back.addEventListener('click', () => write([]));
  watch('value', draw);
  recoloured(signal, draw);
  bench.follow({shown: follow});
};
