// Hooks of one component at a time: `mount(component, props)` renders once, runs the effects, and returns what unmounts it.
let current;

const useEffect = (effect) => { current.effects.push(effect); };
const useRef = (value) => ({ current: value });
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

const createElement = (type, props) => ({ type, props });

class Component {
  constructor(props) { this.props = props; this.state = {}; }
  setState(state) { Object.assign(this.state, state); }
}

const PureComponent = Component;
const useLayoutEffect = useEffect;
const createContext = (value) => ({ value });

module.exports = {
  Component, PureComponent, createContext, createElement, mount, useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState,
};
module.exports.default = module.exports;
