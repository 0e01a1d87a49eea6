// Object URLs are held until they are revoked: `made` is the set of those that have not been.
// Importing it also makes a page, and images that load at once.
import './dom.mjs';

export const made = new Set();

let count = 0;
URL.createObjectURL = () => {
  count += 1;
  made.add(`blob:${count}`);
  return `blob:${count}`;
};
URL.revokeObjectURL = (url) => made.delete(url);
globalThis.webkitURL = URL;

class Media extends EventTarget {
  set src(url) {
    this.url = url;
    queueMicrotask(() => { this.onload?.(); this.dispatchEvent(new Event('load')); });
  }
  get src() { return this.url; }
  async play() {}
  pause() {}
  addTextTrack() {}
}
globalThis.Image = globalThis.Audio = Media;
globalThis.Worker = class extends EventTarget { postMessage() {} terminate() {} };
globalThis.HTMLElement ??= class extends EventTarget {};
window.open = () => ({ print() {} });
