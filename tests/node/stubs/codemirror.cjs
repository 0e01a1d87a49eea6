const { make } = require('./widget.cjs');

exports.fromTextArea = make;
