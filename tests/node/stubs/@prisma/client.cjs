// How many have not been closed.
const open = { count: 0 };
exports.open = open;

exports.PrismaClient = class PrismaClient {
  constructor() {
    open.count += 1;
    this.user = { findMany: async () => [], findUnique: async () => null, create: async (user) => user };
  }
  async $disconnect() { open.count -= 1; }
};
