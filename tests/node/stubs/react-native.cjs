const listeners = new Set();
const addListener = (event, listener) => {
  listeners.add(listener);
  return { remove: () => listeners.delete(listener) };
};
const AppState = { addEventListener: addListener };
const Keyboard = { addListener };
// Up to 0.64, a listener was taken off by its function.
const Linking = {
  addEventListener: addListener,
  removeEventListener: (event, listener) => { listeners.delete(listener); },
};

module.exports = { listeners, AppState, Keyboard, Linking };
