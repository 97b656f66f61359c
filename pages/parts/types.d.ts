// Types for `tsc --checkJs`: what Gradio gives a component, what a frame is on its way to the browser, window.atlas.
// A frame is what genai_demo.core.frames.pack writes, with the text lanes of genai_demo.core.frames_text.

/** What Gradio gives a component's js_on_load, and the settings that Python gave `call`. */
export interface Mount {
  element: HTMLElement;
  props: {value: any, [name: string]: any};
  trigger: (event: string, detail?: object) => void;
  watch: (names: string | string[], changed: () => void) => void;
  server: {[name: string]: (sent: any) => Promise<any>} | null;
  SETTINGS: {[name: string]: any};
}

export type LayerKind = 'real' | 'generated' | 'other' | 'paths' | 'vectors';

/** Numbers: base64 of little-endian int16, value * 32767 / (2 * limit). */
export interface NumbersLayer { as: LayerKind; shape: number[]; data: string; called?: string; values?: Float32Array }
export interface HeatLayer { as: 'heat'; src: string; low: number; high: number; called?: string; image?: HTMLImageElement }
export interface PicturesLane { kind: 'pictures'; src: string; n: number; columns: number; w: number; h: number; pick?: boolean }
export interface PlaneLane { kind: 'plane'; limit: number; layers: (NumbersLayer | HeatLayer)[] }

/** A token, a ranked choice, a bar of a stage. */
export interface Item { text: string; id?: number; share?: number; value?: number; kind?: string; note?: string }
export interface TokensLane { kind: 'tokens'; items: Item[]; grows?: boolean; shade?: string; unit?: string; pick?: boolean | string }
export interface RankedLane { kind: 'ranked'; items: Item[]; unit?: string; pick?: boolean | string; long?: boolean }
export interface StagesLane { kind: 'stages'; stages: {name: string, note: string, items: Item[]}[]; unit?: string; pick?: boolean | string }
/** k maps of h rows and w columns, of the `whole` rows and columns there are. */
export interface MatrixLane {
  kind: 'matrix'; shape: [number, number, number]; whole: [number, number]; data: string; scale: number;
  rows: string[]; columns: string[]; names: string[]; low: number; high: number; signed?: boolean; triangle?: boolean;
  unit?: string; cells?: boolean; icons?: string;
}
export interface ProseLane { kind: 'code' | 'words'; text: string; keeps?: boolean }
export type TextLane = TokensLane | RankedLane | StagesLane | MatrixLane | ProseLane;
export type Lane = PicturesLane | PlaneLane | TextLane;

export interface NumberEntry {
  name: string; title: string; value: number | string | boolean | null; unit: string; digits: number; chart?: string; against?: string;
}
export interface Bars { values: (number | null)[]; unit: string; limit: number | null; note: string }

/** A packed frame. index and total where the run counts its steps. */
export interface Frame {
  index?: number; total?: number;
  lanes: {[title: string]: Lane};
  numbers: NumberEntry[];
  bars: {[title: string]: Bars};
  carried?: {[name: string]: any};
  grown?: {[name: string]: string};
}
export interface Recipe { run: string; options: {[name: string]: any}; seed: number; model?: string | null }

/** The frames of a run, kept by the browser. */
export interface Film {
  run: string; frames: Frame[]; total: number | null; done: boolean;
  badge?: 'live' | 'recorded'; recipe?: Recipe; note?: string; link?: string;
}

/** The one global name. `mount` may be called before main.js has come; the actions of shell.js are there after `ready`. */
export interface Atlas {
  paint(): void;
  toggle(): void;
  ready: Promise<Atlas>;
  mount(build: (parts: {[name: string]: (mount: Mount) => void}) => void): void;
  begin(components: {[name: string]: (mount: Mount) => void}, actions: object): void;
}

declare global {
  interface Window { atlas: Atlas; gradio_config?: {root?: string} }
}
