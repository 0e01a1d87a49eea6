const { EventEmitter } = require('node:events');

class Client {
  constructor(prefix, names) {
    this.emitter = new EventEmitter();
    this.events = Object.fromEntries(names.map((name) => [name, `${prefix}.${name.toLowerCase()}`]));
  }
  // as the real one: gives back the function that removes the listener
  on(event, listener) {
    this.emitter.on(event, listener);
    return () => this.emitter.off(event, listener);
  }
  async connect() {
    await null;
    this.emitter.emit(this.events.CONNECT, { type: this.events.CONNECT });
  }
  async disconnect() { this.emitter.emit(this.events.DISCONNECT, { type: this.events.DISCONNECT }); }
}

class Consumer extends Client {
  constructor() { super('consumer', ['CONNECT', 'DISCONNECT', 'CRASH', 'STOP', 'HEARTBEAT', 'GROUP_JOIN', 'END_BATCH_PROCESS']); }
  async subscribe() {}
  async run(options) { this.runner = options; }
  async stop() { this.emitter.emit(this.events.STOP, { type: this.events.STOP }); }
  pause() {}
  resume() {}
  crash(error = new Error('coordinator lost')) {
    this.emitter.emit(this.events.CRASH, { type: this.events.CRASH, payload: { error, groupId: 'group', restart: false } });
  }
}

class Producer extends Client {
  constructor() { super('producer', ['CONNECT', 'DISCONNECT', 'REQUEST', 'REQUEST_TIMEOUT']); }
  async send() { return []; }
}

exports.Kafka = class Kafka {
  constructor(config) { this.config = config; }
  consumer() { return new Consumer(); }
  producer() { return new Producer(); }
  admin() { return new Client('admin', ['CONNECT', 'DISCONNECT']); }
};
exports.logLevel = { NOTHING: 0, ERROR: 1, WARN: 2, INFO: 4, DEBUG: 5 };
