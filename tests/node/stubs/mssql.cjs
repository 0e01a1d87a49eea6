const { Client } = require('./client.cjs');

exports.ConnectionPool = Client;
