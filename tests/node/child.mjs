// Runs one driver and writes its growth per round to file descriptor 3. Started by run.mjs.

import { writeSync } from 'node:fs';
import { register } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import './require-stubs.mjs';

register('./hooks.mjs', import.meta.url);

const WARM_UP = 50;
const BATCHES = 3;

const driver = await import(pathToFileURL(process.argv[2]).href);
const report = (result) => {
  writeSync(3, JSON.stringify(result));
  process.exit(0);
};

if (driver.kind === 'retention') {
  const retained = await driver.alive(0);
  if (typeof retained !== 'boolean') throw new Error('alive() must tell true or false');
  await driver.teardown?.();
  report({ retained });
}

const rounds = driver.rounds ?? 1000;
const measure = driver.measure ?? heldBytes;
// A batch leaves a kilobyte or two of noise behind, however short it is.
const noise = Math.max(8, 4096 / rounds);
const threshold = driver.threshold ?? (driver.measure ? 0.02 : noise);
let next = 0;

function heldBytes() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function batch(count) {
  for (let n = 0; n < count; n += 1) {
    const pending = driver.round(next++);
    if (typeof pending?.then === 'function') await pending;
  }
  await driver.settle?.();
  // Weak references and finalizers need turns of the event loop between collections.
  for (let n = 0; n < 4; n += 1) {
    await setImmediate();
    globalThis.gc();
  }
  return measure();
}

let before = await batch(Math.min(WARM_UP, rounds));
const deltas = [];
for (let n = 0; n < BATCHES; n += 1) {
  const after = await batch(rounds);
  deltas.push(after - before);
  before = after;
}
await driver.teardown?.();

// The median forgives one jump (a table that was doubled, code compiled late) and one gap (a table doubled earlier).
const growth = [...deltas].sort((a, b) => a - b)[Math.floor(BATCHES / 2)] / rounds;
report({ growth, threshold, rounds, deltas });
