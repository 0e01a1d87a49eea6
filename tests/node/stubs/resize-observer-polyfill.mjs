export { ResizeObserver as default } from './observers.mjs';
