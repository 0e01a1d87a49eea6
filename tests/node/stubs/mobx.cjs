const reactions = new Set();

function autorun(effect) {
  effect();
  reactions.add(effect);
  return () => reactions.delete(effect);
}

module.exports = { reactions, autorun };
