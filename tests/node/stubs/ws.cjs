// A port of 1 in the address is refused, every other one accepts.
const { EventEmitter } = require('node:events');

class WebSocket extends EventEmitter {
  constructor(url) {
    super();
    this.url = String(url);
    this.readyState = 0;
    setImmediate(() => {
      if (this.readyState !== 0) return;
      if (/:1(\/|$)/.test(this.url)) {
        if (this.listenerCount('error') > 0) this.emit('error', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
        this.#closed(1006);
      } else {
        this.readyState = 1;
        this.emit('open');
      }
    });
  }
  #closed(code) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.emit('close', code, Buffer.alloc(0));
  }
  send(data, callback) { if (callback) setImmediate(callback); }
  ping() {}
  pong() {}
  close(code = 1000) {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    setImmediate(() => this.#closed(code));
  }
  terminate() {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    setImmediate(() => this.#closed(1006));
  }
  addEventListener(type, listener, options) {
    const handler = (...args) => {
      if (options?.once) this.off(type, handler);
      listener.call(this, { type, target: this, data: args[0], code: args[0] });
    };
    handler.original = listener;
    this.on(type, handler);
  }
  removeEventListener(type, listener) {
    for (const handler of this.listeners(type)) if (handler.original === listener) this.off(type, handler);
  }
}
for (const type of ['open', 'message', 'error', 'close']) {
  Object.defineProperty(WebSocket.prototype, `on${type}`, {
    set(listener) {
      this.removeAllListeners(type);
      if (listener) this.addEventListener(type, listener);
    },
  });
}
Object.assign(WebSocket, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });

class WebSocketServer extends EventEmitter {
  constructor(options, callback) {
    super();
    this.options = options;
    this.clients = new Set();
    if (callback) setImmediate(callback);
  }
  close(callback) { setImmediate(() => { this.emit('close'); callback?.(); }); }
  handleUpgrade(request, socket, head, callback) { callback(new WebSocket('ws://peer')); }
}

module.exports = WebSocket;
module.exports.WebSocket = WebSocket;
module.exports.WebSocketServer = WebSocketServer;
module.exports.Server = WebSocketServer;
