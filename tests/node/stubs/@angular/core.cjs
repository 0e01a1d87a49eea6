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
// `component(script)` runs what injects, and returns what destroys it.
let current;
exports.DestroyRef = class DestroyRef {
  ends = [];
  onDestroy(callback) { this.ends.push(callback); }
};
exports.inject = (token) => (token === exports.DestroyRef ? current : undefined);
exports.component = (script) => {
  const destroyRef = current = new exports.DestroyRef();
  script();
  return () => { for (const end of destroyRef.ends) end(); };
};
