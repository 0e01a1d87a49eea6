exports.memoize = require('../lodash.cjs').memoize;
