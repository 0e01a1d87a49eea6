const { make } = require('./widget.cjs');

exports.edit = make;
