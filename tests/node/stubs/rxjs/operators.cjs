exports.map = require('../rxjs.cjs').map;
exports.tap = require('../rxjs.cjs').tap;
exports.filter = require('../rxjs.cjs').filter;
exports.debounceTime = require('../rxjs.cjs').debounceTime;
exports.distinctUntilChanged = require('../rxjs.cjs').distinctUntilChanged;
exports.take = require('../rxjs.cjs').take;
exports.first = require('../rxjs.cjs').first;
exports.takeUntil = require('../rxjs.cjs').takeUntil;
