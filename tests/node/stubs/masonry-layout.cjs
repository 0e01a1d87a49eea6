const { Widget } = require('./widget.cjs');

module.exports = Widget;
