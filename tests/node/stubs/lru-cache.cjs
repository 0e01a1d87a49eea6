class LRUCache {
  constructor({ max = Infinity }) {
    this.max = max;
    this.map = new Map();
  }
  get size() {
    return this.map.size;
  }
  has(key) {
    return this.map.has(key);
  }
  get(key) {
    const value = this.map.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }
  set(key, value) {
    this.map.delete(key);
    this.map.set(key, value);
    if (this.map.size > this.max) this.map.delete(this.map.keys().next().value);
    return this;
  }
  delete(key) {
    return this.map.delete(key);
  }
  clear() {
    this.map.clear();
  }
}

module.exports = { LRUCache };
