export { ResizeObserver } from '../observers.mjs';
