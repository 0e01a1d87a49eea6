// Hooks of one component at a time: `mount(component, props)` renders once, runs the effects, and returns what unmounts it.
let current;

const useEffect = (effect, on) => { current.effects.push(current.former ? { effect, on } : effect); };
const useRef = (value) => {
  if (!current?.former) return { current: value };
  return (current.former[current.at++] ??= { current: value });
};
const useState = (value) => [typeof value === 'function' ? value() : value, () => {}];
const useMemo = (make) => make();
const useCallback = (callback) => callback;
const useContext = (context) => context.value;

function mount(component, props = {}) {
  current = { effects: [] };
  const { effects } = current;
  const element = component(props);
  const cleanups = effects.map((effect) => effect()).filter((cleanup) => typeof cleanup === 'function');
  return Object.assign(() => { for (const cleanup of cleanups) cleanup(); }, { element });
}

/**
 * Renders once more. `former` keeps the refs and effects of one component from one time to the next: an effect runs again
 * when something that it depends on is another one. The result unmounts.
 */
function rerender(component, props, former) {
  current = { effects: [], former, at: 0 };
  const { effects } = current;
  component(props);
  former.effects = effects.map(({ effect, on }, index) => {
    const last = former.effects?.[index];
    if (last && on && on.every((value, at) => value === last.on[at])) return last;
    last?.cleanup?.();
    return { on, cleanup: effect() };
  });
  current = undefined;
  return () => { for (const { cleanup } of former.effects) cleanup?.(); };
}

const createElement = (type, props) => ({ type, props });

class Component {
  constructor(props) { this.props = props; this.state = {}; }
  setState(state) { Object.assign(this.state, state); }
}

const PureComponent = Component;
const useLayoutEffect = useEffect;
const createContext = (value) => ({ value });

module.exports = {
  Component, PureComponent, createContext, createElement, mount, rerender, useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState,
};
module.exports.default = module.exports;
