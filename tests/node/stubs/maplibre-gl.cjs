const { Widget } = require('./widget.cjs');

exports.Map = Widget;
