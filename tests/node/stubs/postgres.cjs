const { make } = require('./client.cjs');

module.exports = make;
