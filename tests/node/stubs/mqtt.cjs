const { EventEmitter } = require('node:events');

class MqttClient extends EventEmitter {
  constructor(options = {}) {
    super();
    this.options = options;
    this.connected = false;
    this.topics = new Set();
    setImmediate(() => this.#up());
  }
  #up() {
    this.connected = true;
    this.emit('connect', { cmd: 'connack', sessionPresent: false });
  }
  // what a lost connection looks like from outside: close, reconnect, connect
  drop() {
    this.connected = false;
    this.emit('close');
    this.emit('reconnect');
    this.#up();
  }
  subscribe(topic, options, callback = options) {
    for (const name of [].concat(topic)) this.topics.add(name);
    if (typeof callback === 'function') setImmediate(callback, null, []);
    return this;
  }
  unsubscribe(topic, callback) {
    for (const name of [].concat(topic)) this.topics.delete(name);
    if (typeof callback === 'function') setImmediate(callback, null);
    return this;
  }
  publish(topic, payload, options, callback = options) {
    if (typeof callback === 'function') setImmediate(callback, null);
    return this;
  }
  reconnect() { setImmediate(() => this.#up()); return this; }
  end(force, options, callback) {
    this.connected = false;
    this.emit('close');
    this.emit('end');
    [force, options, callback].find((value) => typeof value === 'function')?.();
    return this;
  }
}

exports.MqttClient = MqttClient;
exports.connect = function connect(url, options) { return new MqttClient(options); };
