const { Client } = require('./client.cjs');

exports.DataSource = Client;
