// How many have not been closed.
const open = { count: 0 };
exports.open = open;

exports.launch = async () => {
  open.count += 1;
  return {
    newPage: async () => ({ goto: async () => {}, screenshot: async () => 'png', close: async () => {} }),
    close: async () => { open.count -= 1; },
  };
};
