// Hooks of one component at a time: `mount(setup)` runs the setup and the mounted hooks, and returns what unmounts it.
let current;

const ref = (value) => ({ value });
const onMounted = (hook) => { current.mounted.push(hook); };
const onUnmounted = (hook) => { current.unmounted.push(hook); };

function mount(setup) {
  current = { mounted: [], unmounted: [] };
  const { mounted, unmounted } = current;
  setup();
  for (const hook of mounted) hook();
  return () => { for (const hook of unmounted) hook(); };
}

module.exports = { mount, onBeforeUnmount: onUnmounted, onMounted, onUnmounted, ref };
