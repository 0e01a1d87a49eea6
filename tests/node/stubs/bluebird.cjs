module.exports = Promise;
