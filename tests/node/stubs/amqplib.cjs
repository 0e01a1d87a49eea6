// A port of 1 in the address is refused, every other one accepts.
const { EventEmitter } = require('node:events');

class Channel extends EventEmitter {
  constructor(connection) {
    super();
    this.connection = connection;
  }
  async assertQueue(queue) { return { queue, messageCount: 0, consumerCount: 0 }; }
  async assertExchange(exchange) { return { exchange }; }
  async bindQueue() {}
  async prefetch() {}
  async consume(queue, onMessage, options) { return { consumerTag: options?.consumerTag ?? 'tag' }; }
  async cancel() {}
  publish() { return true; }
  sendToQueue() { return true; }
  ack() {}
  nack() {}
  async close() { this.emit('close'); }
}

class Connection extends EventEmitter {
  constructor() {
    super();
    this.channels = [];
  }
  async createChannel() {
    const channel = new Channel(this);
    this.channels.push(channel);
    return channel;
  }
  async createConfirmChannel() { return this.createChannel(); }
  async close() { this.drop(); }
  // what a lost connection looks like from outside
  drop(error) {
    for (const channel of this.channels.splice(0)) channel.emit('close');
    this.emit('close', error);
  }
}

exports.connect = async function connect(url) {
  await null;
  if (/:1(\/|$)/.test(String(url))) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  return new Connection();
};
