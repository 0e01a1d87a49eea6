module.exports = require('./mem.cjs');
