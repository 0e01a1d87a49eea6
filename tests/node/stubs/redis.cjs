// A port of 1 is refused, every other one accepts.
const { EventEmitter } = require('node:events');

// How many clients are connected.
const open = { count: 0 };

class RedisClient extends EventEmitter {
  constructor(options = {}) {
    super();
    this.options = options;
    this.isOpen = false;
    this.isReady = false;
  }
  get refused() { return this.options.socket?.port === 1 || /:1(\/|$)/.test(this.options.url ?? ''); }
  async connect() {
    this.emit('connect');
    await null;
    if (this.refused) {
      const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      if (this.listenerCount('error') > 0) this.emit('error', error);
      throw error;
    }
    this.isOpen = this.isReady = true;
    open.count += 1;
    this.emit('ready');
    return this;
  }
  async disconnect() { open.count -= 1; this.isOpen = this.isReady = false; this.emit('end'); }
  async quit() { return this.disconnect(); }
  async close() { return this.disconnect(); }
  destroy() { open.count -= 1; this.isOpen = this.isReady = false; this.emit('end'); }
  duplicate(options) { return new RedisClient({ ...this.options, ...options }); }
  async get() { return null; }
  async set() { return 'OK'; }
  async del() { return 0; }
  async ping() { return 'PONG'; }
  async publish() { return 0; }
  async subscribe() {}
  async unsubscribe() {}
  async pSubscribe() {}
  async pUnsubscribe() {}
}

exports.createClient = function createClient(options) { return new RedisClient(options); };
exports.open = open;
