// Decorators that do nothing.
exports.Component = () => () => {};
exports.Directive = () => () => {};
exports.Injectable = () => () => {};
exports.Input = () => () => {};
exports.Output = () => () => {};
exports.ViewChild = () => () => {};
exports.Inject = () => () => {};
exports.Optional = () => () => {};
// What its compiler leaves in a published library.
exports.ɵɵngDeclareFactory = () => () => {};
exports.ɵɵngDeclareComponent = () => ({});
