const { Client } = require('./client.cjs');

exports.Client = Client;
