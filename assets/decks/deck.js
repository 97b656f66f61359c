/** The deck's own script: films drawn from fragments of HTML, and keys; the app and the exported file share it. */

const EACH_MS = 140;
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Play a film once in `frame`; a click plays it again. Returns what stops it.
 * @param {HTMLElement} frame @param {string[]} frames
 */
export function play(frame, frames) {
  let at = 0, timer = 0;
  const draw = () => {
    frame.innerHTML = frames[at];
    frame.dataset.at = String(at + 1);
    if (at + 1 < frames.length) { at += 1; timer = window.setTimeout(draw, EACH_MS); }
  };
  const start = () => { clearTimeout(timer); at = still() ? frames.length - 1 : 0; draw(); };
  frame.onclick = start;
  start();
  return () => clearTimeout(timer);
}

/**
 * What a key asks for: a screen from 0 to count - 1, or null. Digits are gathered until Enter.
 * @param {KeyboardEvent} event @param {number} at @param {number} count @param {{digits: string}} typed
 */
export function asked(event, at, count, typed) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest?.("input, textarea, select, [role=slider]")) return null;
  if (/^[0-9]$/.test(event.key)) { typed.digits = (typed.digits + event.key).slice(-3); return null; }
  const step = { ArrowRight: at + 1, PageDown: at + 1, ArrowLeft: at - 1, PageUp: at - 1, Home: 0, End: count - 1 }[event.key];
  const wanted = event.key === "Enter" && typed.digits ? Number(typed.digits) - 1 : step;
  typed.digits = "";
  if (wanted === undefined) return null;
  event.preventDefault();
  return Math.min(count - 1, Math.max(0, wanted));
}

/** The exported file: one screen at a time, its number in the address. */
export function stand() {
  const data = JSON.parse(document.getElementById("data")?.textContent ?? "{}");
  const screens = [...document.querySelectorAll("article.screen")], typed = { digits: "" };
  let at = 0, stop = () => {};
  const chart = (/** @type {Element} */ one) => {
    const place = /** @type {HTMLElement | null} */ (one.querySelector("[data-chart]"));
    const plotly = /** @type {any} */ (window).Plotly;
    if (!place || place.dataset.drawn || !plotly) return;
    place.dataset.drawn = "yes";
    const figure = data.charts[String(place.dataset.chart)];
    plotly.newPlot(place, figure.data, figure.layout, { responsive: true, displayModeBar: false });
  };
  const show = (/** @type {number} */ wanted) => {
    at = Math.min(screens.length - 1, Math.max(0, wanted));
    stop(); stop = () => {};
    screens.forEach((one, i) => one.classList.toggle("now", i === at));
    const film = /** @type {HTMLElement | null} */ (screens[at].querySelector("[data-film]"));
    const frame = /** @type {HTMLElement | null} */ (film?.querySelector(".frame") ?? null);
    if (film && frame) stop = play(frame, data.films[String(film.dataset.film)]);
    chart(screens[at]);
    const said = document.querySelector("output");
    if (said) said.textContent = `${at + 1} / ${screens.length}`;
    document.body.style.setProperty("--done", String((at + 1) / screens.length));
    history.replaceState(null, "", `#${at + 1}`);
  };
  addEventListener("keydown", event => { const to = asked(event, at, screens.length, typed); if (to !== null) show(to); });
  document.querySelectorAll("[data-go]").forEach(button => button.addEventListener("click", () => {
    show(at + Number(/** @type {HTMLElement} */ (button).dataset.go)); }));
  addEventListener("beforeprint", () => screens.forEach(chart));
  show((Number(location.hash.slice(1)) || 1) - 1);
}
