// The life of an element; rendering is left out.
class LitElement {
  connectedCallback() {}
  disconnectedCallback() {}
  requestUpdate() {}
}

module.exports = { LitElement, html: () => null };
