const { make } = require('./widget.cjs');

exports.loadAnimation = make;
