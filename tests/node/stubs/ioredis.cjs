// A port of 1 is refused, every other one accepts.
const { EventEmitter } = require('node:events');

// How many clients are connected.
const open = { count: 0 };

class Redis extends EventEmitter {
  constructor(port, options) {
    super();
    this.options = typeof port === 'object' ? { ...port } : { port, ...(typeof options === 'object' ? options : {}) };
    this.status = 'wait';
    if (!this.options.lazyConnect) setImmediate(() => this.connect().catch(() => {}));
  }
  async connect() {
    this.status = 'connecting';
    await null;
    if (this.options.port === 1) {
      const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      if (this.listenerCount('error') > 0) this.emit('error', error);
      this.status = 'close';
      this.emit('close');
      throw error;
    }
    open.count += 1;
    this.emit('connect');
    this.status = 'ready';
    this.emit('ready');
  }
  disconnect() {
    open.count -= 1;
    this.status = 'end';
    this.emit('close');
    this.emit('end');
  }
  async quit() { this.disconnect(); return 'OK'; }
  duplicate(options) { return new Redis({ ...this.options, ...options }); }
  async get() { return null; }
  async set() { return 'OK'; }
  async del() { return 0; }
  async ping() { return 'PONG'; }
  async publish() { return 0; }
  async subscribe() { return 1; }
  async unsubscribe() { return 0; }
  async psubscribe() { return 1; }
}

module.exports = Redis;
module.exports.Redis = Redis;
module.exports.open = open;
