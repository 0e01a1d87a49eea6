module.exports = { default: Map, __esModule: true };
