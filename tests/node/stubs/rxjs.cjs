// Streams: subjects count their observers, operators are functions from stream to stream.
class Subscription {
  constructor(end) { this.closed = false; this.ends = end ? [end] : []; }
  add(child) { this.ends.push(typeof child === 'function' ? child : () => child.unsubscribe()); return child; }
  unsubscribe() {
    if (this.closed) return;
    this.closed = true;
    for (const end of this.ends.splice(0)) end();
  }
}

class Observable {
  constructor(start) { this.start = start; }
  subscribe(observer) {
    const next = typeof observer === 'function' ? observer : (value) => observer?.next?.(value);
    const subscription = new Subscription();
    const end = this.start({
      next: (value) => { if (!subscription.closed) next(value); },
      complete: () => subscription.unsubscribe(),
    });
    if (end) subscription.closed ? end() : subscription.add(end);
    return subscription;
  }
  pipe(...operators) { return operators.reduce((stream, operator) => operator(stream), this); }
  asObservable() { return new Observable((observer) => { const s = this.subscribe(observer); return () => s.unsubscribe(); }); }
}

class Subject extends Observable {
  constructor() {
    super((observer) => {
      this.observers.add(observer);
      if ('value' in this) observer.next(this.value);
      return () => this.observers.delete(observer);
    });
    this.observers = new Set();
  }
  next(value) { for (const observer of [...this.observers]) observer.next(value); }
  complete() { for (const observer of [...this.observers]) observer.complete(); }
}

class BehaviorSubject extends Subject {
  constructor(value) { super(); this.value = value; }
  next(value) { this.value = value; super.next(value); }
}

const operator = (each) => (...args) => (source) => new Observable((observer) => {
  const state = {};
  const s = source.subscribe((value) => each(observer, value, state, ...args));
  return () => s.unsubscribe();
});

const operators = {
  map: operator((observer, value, state, change) => observer.next(change(value))),
  tap: operator((observer, value, state, act) => { act(value); observer.next(value); }),
  filter: operator((observer, value, state, test) => { if (test(value)) observer.next(value); }),
  debounceTime: operator((observer, value) => observer.next(value)),
  distinctUntilChanged: operator((observer, value, state) => { if (state.last !== value) observer.next(state.last = value); }),
  take: operator((observer, value, state, count) => {
    observer.next(value);
    state.seen = (state.seen ?? 0) + 1;
    if (state.seen >= count) observer.complete();
  }),
  first: operator((observer, value) => { observer.next(value); observer.complete(); }),
  takeUntil: (notifier) => (source) => new Observable((observer) => {
    const s = source.subscribe((value) => observer.next(value));
    const n = notifier.subscribe(() => { s.unsubscribe(); n.unsubscribe(); observer.complete(); });
    return () => { s.unsubscribe(); n.unsubscribe(); };
  }),
};

// Intervals that run, for drivers that count them.
const running = new Set();
const interval = () => new Observable((observer) => { running.add(observer); return () => running.delete(observer); });
const of = (...values) => new Observable((observer) => { values.forEach((value) => observer.next(value)); observer.complete(); });
const combineLatest = (streams) => new Observable((observer) => {
  const all = streams.map((stream) => stream.subscribe((value) => observer.next([value])));
  return () => all.forEach((s) => s.unsubscribe());
});

const { map, tap, filter, debounceTime, distinctUntilChanged, take, first, takeUntil } = operators;

module.exports = {
  Observable, Subject, BehaviorSubject, Subscription, interval, of, combineLatest, running,
  map, tap, filter, debounceTime, distinctUntilChanged, take, first, takeUntil,
};
