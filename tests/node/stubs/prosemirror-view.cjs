const { Widget } = require('./widget.cjs');

exports.EditorView = Widget;
