// How many have not been closed.
const open = { count: 0 };
exports.open = open;

exports.createTransport = (options) => {
  if (options.pool) open.count += 1;
  return { sendMail: async (mail) => mail, close() { if (options.pool) open.count -= 1; } };
};
