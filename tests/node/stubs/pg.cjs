// A port of 1 is refused, every other one accepts.
const { EventEmitter } = require('node:events');

// How many clients and pools have not been ended.
const open = { count: 0 };

class Client extends EventEmitter {
  constructor(config = {}) {
    super();
    this.config = config;
    open.count += 1;
  }
  async connect() {
    await null;
    if (this.config.port === 1) {
      this.emit('end');
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    }
  }
  async query() { return { rows: [], rowCount: 0 }; }
  async end() { open.count -= 1; this.emit('end'); }
}

class PoolClient extends Client {
  release(error) { this.pool.returned(this, error); }
}

class Pool extends EventEmitter {
  constructor(config = {}) {
    super();
    this.config = config;
    this.idle = [];
    this.totalCount = 0;
    open.count += 1;
  }
  get idleCount() { return this.idle.length; }
  async connect() {
    await null;
    if (this.config.port === 1) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const client = this.idle.pop() ?? this.created();
    this.emit('acquire', client);
    return client;
  }
  created() {
    const client = new PoolClient(this.config);
    client.pool = this;
    this.totalCount += 1;
    this.emit('connect', client);
    return client;
  }
  returned(client, error) {
    if (error) {
      this.totalCount -= 1;
      this.emit('remove', client);
    } else {
      this.idle.push(client);
    }
  }
  async query() { return { rows: [], rowCount: 0 }; }
  async end() { open.count -= 1; this.idle.length = 0; }
}

exports.Client = Client;
exports.Pool = Pool;
exports.open = open;
