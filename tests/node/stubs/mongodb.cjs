// How many have not been closed.
const open = { count: 0 };
exports.open = open;

class MongoClient {
  constructor(url) {
    open.count += 1;
    this.url = url;
  }
  static async connect(url) { return new MongoClient(url).connect(); }
  async connect() { return this; }
  db() { return { collection: () => ({ find: () => ({ toArray: async () => [] }), insertOne: async () => ({}) }) }; }
  async close() { open.count -= 1; }
}
exports.MongoClient = MongoClient;
