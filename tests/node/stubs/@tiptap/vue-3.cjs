const { Widget } = require('../widget.cjs');

exports.Editor = Widget;
