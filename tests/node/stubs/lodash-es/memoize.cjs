module.exports = require('../lodash.cjs').memoize;
