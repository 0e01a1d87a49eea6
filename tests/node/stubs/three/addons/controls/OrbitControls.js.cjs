const { Widget } = require('../../../widget.cjs');

exports.OrbitControls = Widget;
