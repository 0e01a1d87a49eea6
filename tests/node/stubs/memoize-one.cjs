'use strict';

module.exports = function memoizeOne(run) {
  let last;
  return (...args) => {
    if (!last || args.some((arg, at) => arg !== last.args[at])) last = { args, result: run(...args) };
    return last.result;
  };
};
