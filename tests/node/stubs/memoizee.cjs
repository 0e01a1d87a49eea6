'use strict';

module.exports = function memoizee(run, { max = Infinity, maxAge = Infinity } = {}) {
  const cache = new Map();
  const memoized = function (...args) {
    const key = args.join('\u0000');
    if (!cache.has(key)) cache.set(key, run.apply(this, args));
    if (cache.size > max) cache.delete(cache.keys().next().value);
    if (maxAge < Infinity) setTimeout(() => cache.delete(key), maxAge).unref();
    return cache.get(key);
  };
  memoized.clear = () => cache.clear();
  return memoized;
};
