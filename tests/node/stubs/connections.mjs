// What a browser keeps open until it is told to close it. Importing it puts the classes on the global object; `open` is
// the set of what has not been closed, `last()` the one that was opened last.

export const open = new Set();
let latest;

class Connection extends EventTarget {
  constructor() { super(); latest = this; open.add(this); this.destination = {}; this.currentTime = 0; }
  send() {}
  postMessage() {}
  close() { open.delete(this); }
  terminate() { open.delete(this); }
  addTrack() {}
  createGain() { return { gain: {}, connect: (node) => node }; }
  createOscillator() { return { frequency: {}, connect: (node) => node, start() {}, stop() {} }; }
  createAnalyser() { return { frequencyBinCount: 8, connect: (node) => node, getByteFrequencyData() {} }; }
  createMediaStreamSource() { return { connect: (node) => node }; }
  createDataChannel() { return new EventTarget(); }
  async createOffer() { return {}; }
  async setLocalDescription() {}
  async decodeAudioData() { return {}; }
  /** What the other side does. */
  fire(name, data) {
    const event = Object.assign(new Event(name), { data });
    this[`on${name}`]?.(event);
    this.dispatchEvent(event);
  }
}

const stream = async () => {
  const tracks = [{ kind: 'video', stop: () => open.delete(tracks), addEventListener() {} }];
  open.add(tracks);
  return { getTracks: () => tracks, getVideoTracks: () => tracks, getAudioTracks: () => [] };
};

for (const name of ['WebSocket', 'EventSource', 'BroadcastChannel', 'Worker', 'AudioContext', 'webkitAudioContext', 'RTCPeerConnection']) {
  globalThis[name] = class extends Connection {};
}
globalThis.HTMLElement ??= class extends EventTarget {};
globalThis.window ??= globalThis;
Object.defineProperty(globalThis, 'navigator', {
  configurable: true,
  value: {
    geolocation: {
      watchPosition() { const watch = {}; open.add(watch); return watch; },
      clearWatch(watch) { open.delete(watch); },
    },
    mediaDevices: { getUserMedia: stream, getDisplayMedia: stream },
  },
});

export const last = () => latest;
