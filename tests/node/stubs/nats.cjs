const { EventEmitter } = require('node:events');

class Subscription {
  constructor(subject, options) {
    this.subject = subject;
    this.options = options ?? {};
    this.ended = new Promise((resolve) => { this.end = resolve; });
  }
  unsubscribe() { this.end(); }
  async drain() { this.end(); }
  async *[Symbol.asyncIterator]() { await this.ended; }
}

class NatsConnection {
  constructor() {
    this.emitter = new EventEmitter();
    this.subscriptions = [];
    this.done = new Promise((resolve) => { this.finish = resolve; });
  }
  subscribe(subject, options) {
    const subscription = new Subscription(subject, options);
    this.subscriptions.push(subscription);
    return subscription;
  }
  publish() {}
  async request() { return { data: new Uint8Array() }; }
  closed() { return this.done; }
  isClosed() { return this.over === true; }
  async *status() { await this.done; }
  async flush() {}
  async drain() { return this.close(); }
  async close() { this.drop(); }
  // what a connection that is given up looks like from outside
  drop(error) {
    this.over = true;
    for (const subscription of this.subscriptions.splice(0)) subscription.end();
    this.finish(error);
  }
}

exports.connect = async function connect() {
  await null;
  return new NatsConnection();
};
const encoder = new TextEncoder();
const decoder = new TextDecoder();
exports.StringCodec = () => ({ encode: (text) => encoder.encode(text), decode: (data) => decoder.decode(data) });
exports.JSONCodec = () => ({ encode: (value) => encoder.encode(JSON.stringify(value)), decode: (data) => JSON.parse(decoder.decode(data)) });
