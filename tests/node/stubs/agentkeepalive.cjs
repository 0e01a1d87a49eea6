const { Client } = require('./client.cjs');

module.exports = Client;
module.exports.HttpsAgent = Client;
