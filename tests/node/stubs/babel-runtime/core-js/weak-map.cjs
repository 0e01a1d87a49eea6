module.exports = { default: WeakMap, __esModule: true };
