module.exports = require('./chart.js/auto.cjs');
