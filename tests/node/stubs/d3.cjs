// A selection of one node: a listener for an event takes the place of the one before it.
const select = (node) => ({
  node: () => node,
  append: () => select(new EventTarget()),
  attr() { return this; },
  on(event, listener) {
    const listeners = (node.listeners ??= new Map());
    if (listeners.has(event)) node.removeEventListener(event, listeners.get(event));
    listeners.set(event, listener);
    node.addEventListener(event, listener);
    return this;
  },
});

module.exports = { select };
