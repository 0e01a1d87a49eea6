const { make } = require('./client.cjs');

exports.driver = make;
