const { EventEmitter } = require('node:events');

class Emitter extends EventEmitter {
  off(event, listener) {
    if (event === undefined) return this.removeAllListeners();
    return listener ? super.off(event, listener) : this.removeAllListeners(event);
  }
}

class Manager extends Emitter {
  reconnection(value) { this._reconnection = value; return this; }
}

class Socket extends Emitter {
  constructor(manager) {
    super();
    this.io = manager;
    this.connected = false;
  }
  // `emit` of the real socket sends; the stand-in needs it to deliver
  connect() {
    if (!this.connected) {
      this.connected = true;
      setImmediate(() => this.emit('connect'));
    }
    return this;
  }
  open() { return this.connect(); }
  disconnect() {
    if (this.connected) {
      this.connected = false;
      this.emit('disconnect', 'io client disconnect');
    }
    return this;
  }
  close() { return this.disconnect(); }
}

function io() {
  return new Socket(new Manager());
}

module.exports = io;
module.exports.io = io;
module.exports.connect = io;
module.exports.Manager = Manager;
module.exports.Socket = Socket;
