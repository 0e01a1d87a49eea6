module.exports = require('../fast-memoize.cjs');
