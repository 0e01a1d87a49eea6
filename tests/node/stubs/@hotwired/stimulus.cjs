exports.Controller = class Controller {};
