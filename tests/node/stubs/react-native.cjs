const listeners = new Set();
const addListener = (event, listener) => {
  listeners.add(listener);
  return { remove: () => listeners.delete(listener) };
};
const AppState = { addEventListener: addListener };
const Keyboard = { addListener };

module.exports = { listeners, AppState, Keyboard };
