// As much of a document as the fixtures need: nodes with parents and children. Importing it puts `document` and `window`
// on the global object; `size()` counts the nodes in the page.

class Node extends EventTarget {
  constructor(name) {
    super();
    Object.assign(this, { tagName: name.toUpperCase(), childNodes: [], parentNode: null, attributes: {}, style: {} });
    this.classList = { add() {}, remove() {}, contains: () => false };
  }
  get parentElement() { return this.parentNode; }
  get firstChild() { return this.childNodes[0] ?? null; }
  set innerHTML(html) { for (const child of [...this.childNodes]) child.remove(); this.html = html; }
  get innerHTML() { return this.html ?? ''; }
  appendChild(node) { return this.insertBefore(node, null); }
  append(...nodes) { nodes.forEach((node) => this.appendChild(node)); }
  prepend(node) { this.insertBefore(node, this.firstChild); }
  insertAdjacentElement(where, node) { return this.appendChild(node); }
  insertBefore(node, before) {
    node.parentNode?.removeChild(node);
    const at = before ? this.childNodes.indexOf(before) : this.childNodes.length;
    this.childNodes.splice(at, 0, node);
    node.parentNode = this;
    return node;
  }
  removeChild(node) {
    this.childNodes.splice(this.childNodes.indexOf(node), 1);
    node.parentNode = null;
    return node;
  }
  remove() { this.parentNode?.removeChild(this); }
  replaceChildren(...nodes) { this.innerHTML = ''; this.append(...nodes); }
  setAttribute(name, value) { this.attributes[name] = value; if (name === 'id') this.id = value; }
  click() {}
  select() {}
  focus() {}
  print() {}
  *all() { yield this; for (const child of this.childNodes) yield* child.all(); }
  find(test) { for (const node of this.all()) if (test(node)) return node; return null; }
  querySelector(selector) {
    return this.find((node) => selector === '#' + node.id || selector.toUpperCase() === node.tagName);
  }
}

const document = new Node('#document');
document.documentElement = document.appendChild(new Node('html'));
document.head = document.documentElement.appendChild(new Node('head'));
document.body = document.documentElement.appendChild(new Node('body'));
document.head.appendChild(new Node('script'));
document.createElement = (name) => new Node(name);
document.getElementById = (id) => document.find((node) => node.id === id);
document.getElementsByTagName = (name) => [...document.all()].filter((node) => node.tagName === name.toUpperCase());
document.execCommand = () => true;
Object.assign(globalThis, { document, window: globalThis });

export const size = () => [...document.all()].length;
