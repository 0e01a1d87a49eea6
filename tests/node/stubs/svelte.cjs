// One component at a time: `component(script)` runs it, then what it mounts, and returns what destroys it.
let current;

const onMount = (callback) => { current.mounts.push(callback); };
const onDestroy = (callback) => { current.ends.push(callback); };

function component(script) {
  const instance = { mounts: [], ends: [] };
  current = instance;
  script();
  for (const mount of instance.mounts) {
    const end = mount();
    if (typeof end === 'function') instance.ends.push(end);
  }
  return () => { for (const end of instance.ends) end(); };
}

module.exports = { onMount, onDestroy, component };
