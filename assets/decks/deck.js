/** The deck's own script: screens, their films and charts, and keys; the app and the exported file share it. */

const EACH_MS = 140, PRINTED = { width: 930, height: 800 }; // ms; px of a chart on a page of 1600 by 900
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * @typedef {{frames: string[], figure: any}} Moving what a screen's place is filled with
 * @typedef {{frames: string[], figure: any, article: string}} Sent a screen as it is fetched
 * @typedef {{id: string, frames: string[], label: string, error: string}} Live a run that was computed just now
 * @typedef {{screens: string[], at: number, asked: number, away: boolean, live: Live | null}} Told what the app says
 */

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

/** Whether a key is for the deck: with no other held, and not typed somewhere. @param {KeyboardEvent} event */
const meant = event => !event.ctrlKey && !event.metaKey && !event.altKey &&
  !(/** @type {HTMLElement} */ (event.target).closest?.("input, textarea, select, [role=slider]"));

/**
 * What a key asks for: a screen from 0 to count - 1, or null. Digits are gathered until Enter.
 * @param {KeyboardEvent} event @param {number} at @param {number} count @param {{digits: string}} typed
 */
export function asked(event, at, count, typed) {
  if (!meant(event)) return null;
  if (/^[0-9]$/.test(event.key)) { typed.digits = (typed.digits + event.key).slice(-3); return null; }
  const step = { ArrowRight: at + 1, PageDown: at + 1, ArrowLeft: at - 1, PageUp: at - 1, Home: 0, End: count - 1 }[event.key];
  const wanted = event.key === "Enter" && typed.digits ? Number(typed.digits) - 1 : step;
  typed.digits = "";
  if (wanted === undefined) return null;
  event.preventDefault();
  return Math.min(count - 1, Math.max(0, wanted));
}

const page = /** @type {any} */ (window); // keeps Plotly, and of the app the keys and the charts' script

/** Plotly, which the exported file has inside and the app fetches once. */
const plotly = () => (page.Plotly ? Promise.resolve(page.Plotly) : page.deckPlotly ??= new Promise((done, failed) => {
  const script = Object.assign(document.createElement("script"), { src: "./plotly.js", onerror: failed });
  script.onload = () => done(page.Plotly);
  document.head.append(script);
}));

/** Draw the chart of a screen, once; its type is for a screen of 1920. @param {Element} article @param {any} figure */
const chart = async (article, figure) => {
  const place = /** @type {HTMLElement | null} */ (article.querySelector(".chart"));
  if (!place || !figure || place.dataset.drawn) return;
  place.dataset.drawn = "yes";
  const font = { ...figure.layout.font, size: Math.max(16, Math.round(figure.layout.font.size * innerWidth / 1920)) };
  (await plotly()).newPlot(place, figure.data, { ...figure.layout, font }, { displayModeBar: false });
};

/** Charts as a printed page has room for them; what is printed has its own size, which is not the window's. */
const printed = () => document.querySelectorAll(".chart.js-plotly-plot").forEach(place => page.Plotly.relayout(place, { ...PRINTED, "font.size": 24 }));

/** The chart in sight has the size of its place. @param {Element | null} article */
const sized = article => {
  const place = article?.querySelector(".chart.js-plotly-plot");
  if (place) page.Plotly.Plots.resize(place);
};

/** A screen comes into sight; returns what stops its film. @param {Element} article @param {Moving} moving */
const enter = (article, { frames, figure }) => {
  const frame = /** @type {HTMLElement | null} */ (article.querySelector(".frame"));
  chart(article, figure).then(() => sized(article)).catch(() => {});
  return frame && frames.length ? play(frame, frames) : () => {};
};

/** The exported file: one screen at a time, its number in the address. */
export function stand() {
  /** @type {Moving[]} */
  const data = JSON.parse(document.getElementById("data")?.textContent ?? "[]");
  const screens = [...document.querySelectorAll("article.screen")], typed = { digits: "" };
  let at = 0, stop = () => {};
  const show = (/** @type {number} */ wanted) => {
    at = Math.min(screens.length - 1, Math.max(0, wanted));
    stop();
    screens.forEach((one, i) => one.classList.toggle("now", i === at));
    stop = enter(screens[at], data[at]);
    const said = document.querySelector("output");
    if (said) said.textContent = `${at + 1} / ${screens.length}`;
    document.body.style.setProperty("--done", String((at + 1) / screens.length));
    history.replaceState(null, "", `#${at + 1}`);
    scrollTo(0, 0);
  };
  addEventListener("keydown", event => { const to = asked(event, at, screens.length, typed); if (to !== null) show(to); });
  document.querySelectorAll("[data-go]").forEach(button => button.addEventListener("click", () => {
    show(at + Number(/** @type {HTMLElement} */ (button).dataset.go)); }));
  addEventListener("resize", () => sized(screens[at]));
  addEventListener("beforeprint", printed);
  screens.forEach((one, i) => chart(one, data[i].figure));
  show((Number(location.hash.slice(1)) || 1) - 1);
}

/** A screen of the app, fetched once; one that does not come says so. @param {HTMLElement} root @param {string} url */
const fetched = async (root, url) => {
  /** @type {Sent} */
  const sent = await fetch(url).then(answer => (answer.ok ? answer.json() : Promise.reject(answer))).catch(() => ({ frames: [], figure: null,
    article: '<article class="screen alone"><div class="words"><h1>This screen did not come</h1><p>Go on, and come back to it.</p></div></article>' }));
  root.insertAdjacentHTML("beforeend", sent.article);
  const article = /** @type {HTMLElement} */ (root.lastElementChild);
  const label = article.querySelector(".label")?.textContent ?? "";
  return { ...sent, article, label };
};

/** A film that was computed just now, or why there is none, in place of the recording.
 * @param {Element} article @param {string} label of the recording @param {Live | null} live */
const labelled = (article, label, live) => {
  const place = article.querySelector(".label");
  if (!place) return;
  place.textContent = live ? live.label || live.error : label;
  place.classList.toggle("live", Boolean(live?.label));
  place.classList.toggle("wrong", Boolean(live?.error));
};

/**
 * The app's stage. A key shows a screen at once, from what was fetched ahead, and then tells the app, whose answer
 * counts unless another key was pressed meanwhile. L asks for a live run here too: the button for it comes only with
 * the app's answer, later than the screen.
 * @param {HTMLElement} root @param {Told} told @param {(wanted: {to: number, asked: number, live: boolean}) => void} tell
 */
export function follow(root, told, tell) {
  const held = /** @type {any} */ (root).held ??= { known: new Map(), asked: 0, typed: { digits: "" }, at: 0, shown: "", stop: () => {} };
  const known = (/** @type {string} */ url) => {
    if (!held.known.has(url)) held.known.set(url, fetched(root, url));
    return held.known.get(url);
  };
  const show = async (/** @type {number} */ to) => {
    held.at = to;
    const one = await known(told.screens[to]), live = to === told.at ? told.live : null;
    root.classList.toggle("away", told.away && to === told.at);
    const shown = `${to} ${told.screens[to]} ${live?.id ?? ""}`;
    if (held.at !== to || held.shown === shown) return;
    held.shown = shown;
    held.stop();
    root.querySelectorAll("article").forEach(other => other.classList.toggle("now", other === one.article));
    labelled(one.article, one.label, live);
    held.stop = enter(one.article, live?.frames.length ? { ...one, frames: live.frames } : one);
    scrollTo(0, 0);
  };
  const ahead = async () => {
    const { at, screens } = told;
    for (const url of [...screens.slice(at), ...screens.slice(0, at)]) {
      const one = await known(url);
      await chart(one.article, one.figure).catch(() => {});
    }
  };
  removeEventListener("keydown", page.deckKeys, true);
  removeEventListener("resize", page.deckSized);
  page.deckSized = () => sized(root.querySelector("article.now"));
  page.deckKeys = (/** @type {KeyboardEvent} */ event) => {
    const live = event.key.toLowerCase() === "l" && meant(event);
    const to = live ? held.at : asked(event, held.at, told.screens.length, held.typed);
    if (to === null) return;
    event.stopPropagation();
    if (live ? event.repeat : to === held.at) return;
    if (!live) show(to);
    held.asked += 1;
    tell({ to, asked: held.asked, live });
  };
  addEventListener("keydown", page.deckKeys, true);
  addEventListener("resize", page.deckSized);
  if (told.asked < held.asked) return;
  held.asked = told.asked;
  show(told.at).then(ahead);
}
