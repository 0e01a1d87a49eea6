const live = new Set();

class EditorView {
  constructor() { live.add(this); }
  focus() {}
  dispatch() {}
  destroy() { live.delete(this); }
}

module.exports = { EditorView, live };
