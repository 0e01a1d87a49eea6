const { Widget } = require('./widget.cjs');

exports.fabric = { Canvas: Widget };
