exports.listen = (emitter, event, listener) => {
  emitter.on(event, listener);
  return { emitter, event, listener };
};
exports.unlisten = (all) => all.forEach((it) => it.emitter.off(it.event, it.listener));
