'use strict';

const caches = new WeakMap();

module.exports = function mem(run, { cache = new Map(), cacheKey = ([first]) => first } = {}) {
  const memoized = function (...args) {
    const key = cacheKey(args);
    if (!cache.has(key)) cache.set(key, run.apply(this, args));
    return cache.get(key);
  };
  caches.set(memoized, cache);
  return memoized;
};
module.exports.default = module.exports;
module.exports.memoizeClear = (memoized) => caches.get(memoized).clear();
