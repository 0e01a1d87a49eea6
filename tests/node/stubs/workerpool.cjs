const { make } = require('./client.cjs');

exports.pool = make;
