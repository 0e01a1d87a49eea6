const callbacks = new Set();

module.exports = (callback) => {
  callbacks.add(callback);
  return () => callbacks.delete(callback);
};
module.exports.callbacks = callbacks;
module.exports.onExit = module.exports;
