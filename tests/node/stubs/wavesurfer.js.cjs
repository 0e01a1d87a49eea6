const { Widget } = require('./widget.cjs');

module.exports = class extends Widget {
  static create() { return new Widget(); }
};
