const { make } = require('./widget.cjs');

module.exports = make;
