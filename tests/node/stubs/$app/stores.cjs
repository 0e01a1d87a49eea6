// `page` lives as long as the application; `subscribers` tells who still listens.
const subscribers = new Set();
const page = {
  subscribe(run) {
    const subscriber = { run };
    subscribers.add(subscriber);
    run({ url: new URL('http://localhost/') });
    return () => { subscribers.delete(subscriber); };
  },
};

module.exports = { page, subscribers };
