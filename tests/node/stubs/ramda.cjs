'use strict';

const { memoize } = require('./lodash.cjs');

exports.memoizeWith = (key, run) => memoize(run, key);
