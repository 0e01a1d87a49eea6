const jsx = (type, props) => ({ type, props });
const jsxs = jsx;
const Fragment = Symbol('Fragment');

module.exports = { jsx, jsxs, Fragment };
