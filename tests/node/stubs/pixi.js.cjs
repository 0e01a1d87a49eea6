const { Widget } = require('./widget.cjs');

exports.Application = Widget;
