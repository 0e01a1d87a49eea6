const { Client } = require('./client.cjs');

exports.Queue = Client;
exports.QueueEvents = Client;
