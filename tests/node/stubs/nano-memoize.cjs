'use strict';

module.exports = require('./lodash.cjs');
