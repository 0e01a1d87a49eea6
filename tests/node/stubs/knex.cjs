// How many have not been closed.
const open = { count: 0 };

module.exports = function knex() {
  open.count += 1;
  const database = (table) => ({ select: async () => [table], insert: async (row) => row });
  database.raw = async (sql) => sql;
  database.destroy = async () => { open.count -= 1; };
  return database;
};
module.exports.open = open;
