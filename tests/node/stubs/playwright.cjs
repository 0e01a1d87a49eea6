const { make } = require('./client.cjs');

exports.chromium = { launch: async () => make() };
exports.firefox = { launch: async () => make() };
