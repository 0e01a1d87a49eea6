// How many have not been closed.
const open = { count: 0 };
exports.open = open;

exports.Agent = class Agent {
  constructor() { open.count += 1; }
  async close() { open.count -= 1; }
};
exports.request = async (url) => ({ statusCode: 200, body: { text: async () => url } });
