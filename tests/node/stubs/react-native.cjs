const listeners = new Set();
const addListener = (event, listener) => {
  listeners.add(listener);
  return { remove: () => listeners.delete(listener) };
};
const AppState = { addEventListener: addListener };
const Keyboard = { addListener };
// Up to 0.64, a listener was taken off by its function; that of the back button up to 0.76.
const removeEventListener = (event, listener) => { listeners.delete(listener); };
const BackHandler = { addEventListener: addListener, removeEventListener };
const Linking = { addEventListener: addListener, removeEventListener };
const Text = 'Text';

module.exports = { listeners, AppState, BackHandler, Keyboard, Linking, Text };
