const { Widget } = require('../widget.cjs');

exports.Terminal = Widget;
