const { EventEmitter } = require('node:events');

const ipcMain = new EventEmitter();
const handlers = new Map();
// As in Electron, a second handler of a channel is an error.
ipcMain.handle = (channel, handler) => {
  if (handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
  handlers.set(channel, handler);
};

module.exports = { ipcMain };
