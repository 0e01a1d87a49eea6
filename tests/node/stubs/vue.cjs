// Hooks belong to the component that is being set up or mounted; without one they do nothing.
let current = null;

const within = (instance, run) => {
  current = instance;
  try { return run(); } finally { current = null; }
};

const onMounted = (callback) => { current?.mounts.push(callback); };
const onUnmounted = (callback) => { current?.ends.push(callback); };
const onBeforeUnmount = onUnmounted;
const ref = (value) => ({ value });
const watch = (source, callback, options) => { if (options?.immediate) callback(source.value); };

/** Runs the set-up; `mount` and `unmount` of the result run the hooks. */
function setup(script) {
  const instance = { mounts: [], ends: [] };
  within(instance, script);
  return {
    mount() { for (const mount of instance.mounts) within(instance, mount); },
    unmount() { for (const end of instance.ends) end(); },
  };
}

/** Sets up and mounts; the result unmounts. */
function mount(script) {
  const instance = setup(script);
  instance.mount();
  return instance.unmount;
}

module.exports = { mount, onMounted, onUnmounted, onBeforeUnmount, ref, setup, watch };
