'use strict';

module.exports = require('./lodash.cjs');
module.exports.nanomemoize = module.exports;
