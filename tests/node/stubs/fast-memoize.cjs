'use strict';

module.exports = require('./mem.cjs');
