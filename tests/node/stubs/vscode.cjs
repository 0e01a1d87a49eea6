// Parts of the editor's window, and listeners, that nobody has disposed of are in `live`.
const live = new Set();

class Disposable {
  constructor(end) { this.dispose = end; }
  static from(...parts) { return new Disposable(() => parts.forEach((part) => part.dispose())); }
}

// Listeners may be put into a list that is given as third argument.
const part = (listener, self, list) => {
  const it = new Disposable(() => live.delete(it));
  if (Array.isArray(list)) list.push(it);
  for (const name of ['show', 'hide', 'set', 'clear', 'appendLine', 'onDidChange', 'onDidCreate', 'onDidDelete']) it[name] = () => it;
  live.add(it);
  return it;
};

exports.live = live;
exports.Disposable = Disposable;
exports.window = {
  createStatusBarItem: part, createOutputChannel: part, createTextEditorDecorationType: part, onDidChangeActiveTextEditor: part,
};
exports.workspace = { createFileSystemWatcher: part, onDidSaveTextDocument: part, onWillSaveTextDocument: part };
exports.languages = { createDiagnosticCollection: part };
exports.EventEmitter = class {
  listeners = new Set();
  event = (listener, self, list) => {
    this.listeners.add(listener);
    const it = part(listener, self, list);
    const end = it.dispose;
    it.dispose = () => { this.listeners.delete(listener); end(); };
    return it;
  };
  fire(value) { for (const listener of this.listeners) listener(value); }
  dispose() { this.listeners.clear(); }
};
