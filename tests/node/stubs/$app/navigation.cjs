// What a component asks to be told ends with the component.
const { onMount } = require('../svelte.cjs');

const asked = new Set();
const untilDestroyed = (callback) => onMount(() => {
  asked.add(callback);
  return () => asked.delete(callback);
});

module.exports = { asked, beforeNavigate: untilDestroyed, afterNavigate: untilDestroyed };
