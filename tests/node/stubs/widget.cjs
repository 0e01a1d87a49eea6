// Widgets live until one of their methods ends them; all others do nothing, and can be chained. `live` is the set of
// widgets that nobody has ended.
const live = new Set();
const ends = new Set(['destroy', 'dispose', 'remove', 'unmount', 'toTextArea', 'close', 'setTarget', 'forceContextLoss']);

class Widget {
  constructor() {
    const widget = new Proxy(this, {
      get: (target, name) => {
        if (typeof name === 'symbol' || name === 'then') return undefined;
        // `layout.remove(cells)` takes cells out.
        if (name === 'remove') return (...parts) => parts.length === 0 && live.delete(widget);
        if (ends.has(name)) return () => live.delete(widget);
        return target[name] ?? (() => widget);
      },
    });
    live.add(widget);
    return widget;
  }
}

module.exports = { Widget, live, make: () => new Widget() };
