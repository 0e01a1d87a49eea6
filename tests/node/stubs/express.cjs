// `app.run(method, path, request)` does what a request would.
const routes = () => {
  const handlers = [];
  const add = (method) => (path, ...list) => {
    if (typeof path === 'function') list.unshift(path);
    handlers.push({ method, path, list });
  };
  const app = { listen() {}, set() {} };
  for (const method of ['use', 'get', 'post', 'put', 'delete']) app[method] = add(method);
  app.run = async (method, path, request = {}) => {
    const response = { headers: {}, status(code) { this.code = code; return this; }, set() { return this; }, on() { return this; } };
    response.json = response.send = response.end = (body) => { response.body = body; return response; };
    for (const handler of handlers) {
      if (handler.method === 'use' || handler.method === method && handler.path === path) {
        for (const run of handler.list) await run({ params: {}, query: {}, headers: {}, ...request }, response, () => {});
      }
    }
    return response;
  };
  return app;
};

module.exports = routes;
module.exports.Router = routes;
