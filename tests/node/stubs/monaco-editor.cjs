// Models live in a registry until they are disposed of, and so do editors.
const { make } = require('./widget.cjs');

const models = new Set();

const editor = {
  createModel() {
    const model = { dispose: () => models.delete(model) };
    models.add(model);
    return model;
  },
  getModel: () => null,
  create: make,
  createDiffEditor: make,
};

module.exports = { models, editor };
