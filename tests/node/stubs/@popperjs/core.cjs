const { make } = require('../widget.cjs');

exports.createPopper = make;
