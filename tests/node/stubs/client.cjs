// Clients with connections of their own: `open.count` tells how many have not been closed. What they are asked, they answer
// with nothing much.
const open = { count: 0 };
const ends = new Set(['close', 'end', 'quit', 'destroy', 'disconnect', 'shutdown', 'terminate']);

class Client {
  constructor() {
    open.count += 1;
    let closed = false;
    const end = async () => {
      if (!closed) open.count -= 1;
      closed = true;
    };
    const client = new Proxy(() => {}, {
      get: (target, name) => {
        if (typeof name === 'symbol' || name === 'then') return undefined;
        return ends.has(name) ? end : target[name] ?? (() => client);
      },
      set: (target, name, value) => { target[name] = value; return true; },
      apply: () => [],
    });
    return client;
  }
}

module.exports = { Client, open, make: () => new Client() };
