// The real one: what is measured is what its operators keep.
module.exports = require('../node_modules/rxjs');
