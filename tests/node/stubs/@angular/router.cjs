exports.Router = class {};
exports.ActivatedRoute = class {};
exports.NavigationEnd = class {};
