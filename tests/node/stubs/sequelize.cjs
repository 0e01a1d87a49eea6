const { Client } = require('./client.cjs');

exports.Sequelize = Client;
