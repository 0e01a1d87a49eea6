const Chart = require('../auto.cjs');

module.exports = { Chart };
