const { make } = require('./widget.cjs');

exports.chart = make;
