const { Client } = require('./client.cjs');

module.exports = Client;
