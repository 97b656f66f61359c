// Types for `tsc --checkJs`: what Gradio gives a component, what a frame is on its way to the browser, window.atlas.

/** What Gradio gives a component's js_on_load, and the settings that Python gave `call`. */
export interface Mount {
  element: HTMLElement;
  props: {value: any, [name: string]: any};
  trigger: (event: string, detail?: object) => void;
  watch: (names: string | string[], changed: () => void) => void;
  server: {[name: string]: (sent: any) => Promise<any>} | null;
  SETTINGS: {[name: string]: any};
}

// ---- genai_demo.core.wire, name by name ---------------------------------------------------------------------------
export interface PictureLane { kind: 'pictures'; src: string; n: number; columns: number; w: number; h: number; pick?: boolean; names?: string[] }
/** data: base64 of little-endian int16, value * 32767 / (2 * limit) of its lane. */
export interface PointsLayer {
  as: 'real' | 'generated' | 'other' | 'paths' | 'vectors'; shape: number[]; data: string; called?: string;
}
export interface HeatLayer { as: 'heat'; src: string; low: number; high: number; called?: string }
export interface PlaneLane { kind: 'plane'; limit: number; layers: (PointsLayer | HeatLayer)[]; axes?: string[] }
export interface Item { text: string; share?: number; value?: number; kind?: string; id?: number; note?: string; group?: number; parent?: number }
export interface TokensLane { kind: 'tokens'; grows: boolean; unit: string; shade: string; items: Item[]; keeps?: boolean }
export interface RankedLane { kind: 'ranked'; unit: string; pick: boolean; items: Item[]; long?: boolean; keeps?: boolean }
export interface PackedStage { name: string; note: string; items: Item[] }
export interface StagesLane { kind: 'stages'; unit: string; pick: boolean | string; stages: PackedStage[]; tree?: boolean; keeps?: boolean }
export interface TextLane { kind: 'code' | 'words'; text: string; keeps?: boolean }
/** k maps of h rows and w columns: shape is [k, h, w], whole the [h, w] there are. */
export interface MatrixLane {
  kind: 'matrix'; shape: number[]; data: string; scale: number; low: number; high: number; whole: number[];
  rows: string[]; columns: string[]; names: string[]; signed: boolean; triangle: boolean; unit: string;
  cells?: boolean; icons?: string; keeps?: boolean;
}
export type Lane = PictureLane | PlaneLane | TokensLane | RankedLane | StagesLane | TextLane | MatrixLane;
export interface PackedNumber {
  name: string; title: string; value: any; unit: string; digits: number; chart?: string; against?: string; measured?: boolean; phase?: boolean;
}
export interface PackedBars { values: (number | null)[]; unit: string; limit: number | null; note: string }
/** A frame; index and total where the run counts its steps. */
export interface PackedFrame {
  index: number; total: number;
  lanes: {[title: string]: any}; // a Lane; who asks by a title knows which
  numbers: PackedNumber[]; bars: {[title: string]: PackedBars};
  carried?: {[name: string]: any}; grown?: {[name: string]: string};
}
export interface PlainRecipe {
  run: string; options: {[name: string]: any}; seed: number; model: string | null; versions: {[name: string]: string}; format: number;
}
export interface FilmValue {
  run: string; badge: 'live' | 'recorded'; recipe: PlainRecipe; link?: string; note?: string; made?: string;
  total?: number | null; index?: number; append?: string | PackedFrame; held?: boolean; frames?: PackedFrame[]; done?: boolean;
}
export interface WaitingValue { waiting: string; }
// ---- until here ---------------------------------------------------------------------------------------------------

/** The frames of a run, kept by the browser. */
export interface Film {
  run: string; frames: PackedFrame[]; total: number | null; done: boolean; halted?: boolean;
  badge?: 'live' | 'recorded'; recipe?: PlainRecipe; note?: string; link?: string; made?: string;
}

/** The colours as the browser resolved them. */
export interface Paint {
  ink: string; muted: string; surface: string; line: string; family: string; real: string; other: string; dark: boolean; series: string[];
}

/** What the parts of a film strip share: its state, and what each part adds. */
export interface Strip {
  film: Film | null; // its frames may have holes: one that is late is undefined
  lanes: Map<string, any>; charts: Map<string, any>; numbers: Map<string, any>; images: WeakMap<object, any>;
  pos: number; follow: boolean; playing: boolean; due: number; speed: number; waiting: number; dirty: boolean; moved: number;
  dots: number; paint: Paint; fitted: string; roomy: number; foot: number; over: number; tall: number;
  signal: AbortSignal; root: HTMLElement; stage: HTMLElement;
  find(name: string): any;
  trigger(event: string, detail?: object): void;
  picture(part: any): HTMLImageElement | undefined;
  wake(): void; stop(): void; go(index: number): void; say(text: string): void; interval(): number;
  search<T>(index: number, get: (frame: PackedFrame) => T): [T | null, number];
  labelOf(step: number): number; placeOf(k: number): number; stepOf(k: number): number; totalOf(k?: number): number | null;
  told(k: number): number | null; steady(): boolean; words(k: number): string; wordsOf(k?: number): string;
  maps: any; TEXT: {[kind: string]: any};
  textElement(title: string, sample: any, shape: string): any;
  showText(lane: any, index: number): string;
  pick(lane: any, frame: number, place: number, item: Item, more?: object): void;
  ensure(packed: PackedFrame): void; drop(): void; fit(): boolean; show(): boolean;
  showWork(): void;
  drawLane(lane: any, index: number, g: CanvasRenderingContext2D): any;
  drawChart(chart: any, index: number, g: CanvasRenderingContext2D): void;
  paintText(lane: any, index: number, g: CanvasRenderingContext2D, width: number): void;
  textSize(lane: any, width: number): {width: number, height: number};
}

/** The one global name. `mount` may be called before main.js has come; the actions of shell.js are there after `ready`. */
export interface Atlas {
  paint(): void;
  toggle(): void;
  ready: Promise<Atlas>;
  modules: {[path: string]: any};
  mount(build: (parts: {[name: string]: any}) => void): void;
  begin(components: {[name: string]: any}, actions: object): void;
}

declare global {
  interface Window { atlas: Atlas; gradio_config?: {root?: string} }
  var Plotly: any; // once surface.js has fetched it
}
