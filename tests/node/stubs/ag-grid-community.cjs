const { Widget, make } = require('./widget.cjs');

exports.Grid = Widget;
exports.createGrid = make;
