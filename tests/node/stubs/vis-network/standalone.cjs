const { Widget } = require('../widget.cjs');

exports.Network = Widget;
