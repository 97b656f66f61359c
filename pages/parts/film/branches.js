// The branches of a tree drawn as stages: a line from each row to the row of the column before that it comes from.

const SVG = 'http://www.w3.org/2000/svg';
const GUTTER = 24; // CSS pixels before a column's rows, as in film.css

const curve = (from, to) => `M0 ${from}C${GUTTER / 2} ${from} ${GUTTER / 2} ${to} ${GUTTER} ${to}`;
const middle = row => row.offsetTop + row.offsetHeight / 2;
const rowsOf = column => column?.querySelector('.rows')?.children || [];

/** Draws them in a lane's columns. @param {HTMLElement} body of the lane @param {any[]} stages */
export const putBranches = (body, stages) => {
  stages.forEach((stage, k) => {
    const column = body.children[k], rows = rowsOf(column), before = rowsOf(body.children[k - 1]);
    let drawing = column.querySelector('svg');
    if (!drawing) {
      drawing = document.createElementNS(SVG, 'svg');
      drawing.setAttribute('aria-hidden', 'true');
      column.append(drawing);
    }
    const paths = stage.items.map((item, place) => {
      const path = document.createElementNS(SVG, 'path'), from = before[item.parent];
      path.dataset.kind = item.kind || '';
      if (from && rows[place]) path.setAttribute('d', curve(middle(from), middle(rows[place])));
      return path;
    });
    drawing.replaceChildren(...paths);
  });
};

/** Marks a row and all that it comes from; none where there is no row. @param {HTMLElement} body @param {any} row */
export const markBranch = (body, row) => {
  body.querySelectorAll('.same').forEach(one => one.classList.remove('same'));
  for (let k = row?.from ?? -1, place = row?.place; k >= 0; k--) {
    const now = /** @type {any} */ (rowsOf(body.children[k])[place]);
    if (!now?.item) return;
    now.classList.add('same');
    body.children[k].querySelector('svg')?.children[place]?.classList.add('same');
    place = now.item.parent;
  }
};

/** The newest column is in sight. @param {HTMLElement} body @param {number} count columns that hold something */
export const toNewest = (body, count) => {
  const last = /** @type {HTMLElement} */ (body.children[count - 1]);
  if (last) body.scrollLeft = Math.max(0, last.offsetLeft + last.offsetWidth - body.clientWidth);
};
