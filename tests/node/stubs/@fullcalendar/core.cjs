const { Widget } = require('../widget.cjs');

exports.Calendar = Widget;
