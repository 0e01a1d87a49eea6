const { Widget } = require('./widget.cjs');

exports.WebGLRenderer = Widget;
