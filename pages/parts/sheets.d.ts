declare module '*.css' {
  const sheet: CSSStyleSheet;
  export default sheet;
}
// The markup is Python's: which element a selector finds is not known here.
interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): NodeListOf<any>;
}
interface Element { [name: string]: any }
interface EventTarget { [name: string]: any }
interface PromiseConstructor { withResolvers?: <T>() => {promise: Promise<T>, resolve: (value: T) => void} }
interface Event { detail?: any }
