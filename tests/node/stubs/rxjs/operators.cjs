module.exports = require('../../node_modules/rxjs/operators');
