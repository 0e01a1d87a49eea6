const snapshots = new Set();

function onSnapshot(query, next) {
  snapshots.add(next);
  return () => snapshots.delete(next);
}

module.exports = { snapshots, onSnapshot };
