// A port of 1 is refused, every other one accepts.
const { EventEmitter } = require('node:events');

const refused = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', fatal: true });

// How many pools have not been ended.
const open = { count: 0 };
// How many connections outside of pools have not been ended.
const single = { count: 0 };

class Connection extends EventEmitter {
  constructor(config = {}) {
    super();
    this.config = config;
  }
  connect(callback) {
    setImmediate(() => {
      if (this.config.port === 1) callback?.(refused());
      else callback?.(null);
    });
  }
  query(sql, values, callback = values) { if (typeof callback === 'function') setImmediate(callback, null, [], []); }
  execute(sql, values, callback) { this.query(sql, values, callback); }
  ping(callback) { if (callback) setImmediate(callback, null); }
  end(callback) { this.leave(); setImmediate(() => { this.emit('end'); callback?.(null); }); }
  destroy() { this.leave(); this.destroyed = true; }
  leave() {
    if (this.single) single.count -= 1;
    this.single = false;
  }
  release() { this.pool?.idle.push(this); }
}

class Pool extends EventEmitter {
  constructor(config = {}) {
    super();
    this.config = config;
    this.idle = [];
    open.count += 1;
  }
  getConnection(callback) {
    setImmediate(() => {
      if (this.config.port === 1) return callback(refused());
      const connection = this.idle.pop() ?? Object.assign(new Connection(this.config), { pool: this });
      this.emit('acquire', connection);
      callback(null, connection);
    });
  }
  query(sql, values, callback = values) { if (typeof callback === 'function') setImmediate(callback, null, [], []); }
  end(callback) { open.count -= 1; if (callback) setImmediate(callback, null); }
}

exports.createConnection = function createConnection(config) {
  single.count += 1;
  return Object.assign(new Connection(config), { single: true });
};
exports.createPool = function createPool(config) { return new Pool(config); };
exports.open = open;
exports.single = single;
