const { memoize } = require('./lodash.cjs');

// Keeps the last result; `infinite` keeps all, unless it is told how many.
const limited = (run, { maxSize = 1 } = {}) => {
  const memoized = memoize(run);
  return (...args) => {
    const result = memoized(...args);
    if (memoized.cache.size > maxSize) memoized.cache.delete(memoized.cache.keys().next().value);
    return result;
  };
};

module.exports = limited;
module.exports.infinite = (run, options = {}) => limited(run, { maxSize: options.maxSize ?? Infinity });
