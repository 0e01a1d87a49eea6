// Observers as a browser keeps them: a node holds those that watch it, the page those that watch nothing in particular.
// Importing it puts the classes on the global object; `live()` counts the observers that are still held, `notify(target,
// records)` calls those of a target.

const watchers = new WeakMap();
const page = {};
const made = new Set();

class Observer {
  constructor(callback) {
    this.callback = callback;
    this.targets = new Set();
    made.add(new WeakRef(this));
  }
  observe(target) {
    const watched = target.entryTypes || target.type ? page : target;
    if (!watchers.has(watched)) watchers.set(watched, new Set());
    watchers.get(watched).add(this);
    this.targets.add(new WeakRef(watched));
  }
  unobserve(target) {
    watchers.get(target)?.delete(this);
    for (const reference of this.targets) if (reference.deref() === target) this.targets.delete(reference);
  }
  disconnect() {
    for (const reference of this.targets) watchers.get(reference.deref())?.delete(this);
    this.targets.clear();
  }
  takeRecords() { return []; }
}

const observer = () => class extends Observer {};
export const ResizeObserver = observer();
export const MutationObserver = observer();
export const IntersectionObserver = observer();
export const PerformanceObserver = observer();
Object.assign(globalThis, { ResizeObserver, MutationObserver, IntersectionObserver, PerformanceObserver });

export const live = () => [...made].filter((reference) => (reference.deref()?.targets.size ?? 0) > 0).length;

export const notify = (target, records) => {
  for (const watcher of [...(watchers.get(target) ?? [])]) watcher.callback(records, watcher);
};
