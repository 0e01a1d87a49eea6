// Executes the fixture programs and compares what really grows with their marks.
//
//   node tests/node/run.mjs                                   every driver
//   node tests/node/run.mjs fixtures/<rule>                   the drivers of one folder
//   node tests/node/run.mjs fixtures/<rule>/drive/<name>.mjs  the drivers that are named
//
// A driver exports
//   round(i)     one unit of work, may be async; i is unique and increases
//   rounds       how many rounds make a batch (1000)
//   settle()     run after each batch: let timers fire, close sockets
//   measure()    a number that counts what is retained (heap and external bytes after gc)
//   threshold    growth per round above which the program grows (8 bytes, and 4 KiB in a batch; 0.02 with measure)
//   teardown()   run at the end
// or, for what one fixed name keeps (it does not grow with the rounds),
//   kind         'retention'
//   alive(i)     does one unit of work, drops all of its own references, collects,
//                and tells whether the payload is still reachable (true or false)

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const fixtures = path.join(root, 'fixtures');
const JOBS = 2;
const TIME_LIMIT = 30_000;

// They cut the noise from about 200 to about 1 byte per round and change no retention.
const NODE_FLAGS = [
  '--expose-gc', '--no-opt', '--no-sparkplug', '--no-flush-bytecode',
  '--single-threaded-gc', '--max-lazy', '--no-lazy-feedback-allocation',
];

const MARK = /(?:\/\/|\/\*|<!--)\s*(leak|ok|fp|fn)(?::\s*[\w-]+)?\s*(?:[-–—].*|\*\/.*|-->.*)?$/gm;

const slashed = (file) => path.relative(root, file).split(path.sep).join('/');
const label = (driver) => `${path.basename(path.dirname(path.dirname(driver)))}/${path.basename(driver, '.mjs')}`;
const list = (dir) => (existsSync(dir) ? readdirSync(dir).sort() : []);

function filesUnder(entry) {
  if (!statSync(entry).isDirectory()) return [entry];
  return list(entry).flatMap((name) => filesUnder(path.join(entry, name)));
}

function marksOf(entry) {
  return new Set(filesUnder(entry).flatMap((file) => [...readFileSync(file, 'utf8').matchAll(MARK)].map((m) => m[1])));
}

// A program is a file or a folder directly in fixtures/<rule>/.
function programs(ruleDir) {
  return list(ruleDir)
    .filter((name) => name !== 'drive')
    .map((name) => ({ entry: path.join(ruleDir, name), stem: name.replace(/\.[^.]+$/, '') }));
}

const ruleDirs = () => list(fixtures).map((name) => path.join(fixtures, name)).filter((dir) => statSync(dir).isDirectory());
const driversOf = (ruleDir) =>
  list(path.join(ruleDir, 'drive')).filter((name) => name.endsWith('.mjs')).map((name) => path.join(ruleDir, 'drive', name));

function execute(driver) {
  return new Promise((resolve) => {
    // The result comes on a pipe of its own: programs print what they like, and an IPC
    // channel would show among the handles that some drivers count.
    const child = spawn(process.execPath, [...NODE_FLAGS, path.join(here, 'child.mjs'), driver], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    let result = '';
    let late = false;
    child.stderr.on('data', (chunk) => { errors = (errors + chunk).slice(-4000); });
    child.stdio[3].on('data', (chunk) => { result += chunk; });
    const timer = setTimeout(() => { late = true; child.kill('SIGKILL'); }, TIME_LIMIT);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (late) resolve({ error: `took longer than ${TIME_LIMIT / 1000} s` });
      else if (result) resolve(JSON.parse(result));
      else resolve({ error: `ended without a result (${signal ?? code})\n${errors.trim()}` });
    });
  });
}

async function check(driver) {
  const stem = path.basename(driver, '.mjs');
  const subjects = programs(path.dirname(path.dirname(driver))).filter((p) => p.stem === stem);
  if (!existsSync(driver)) return { error: 'no such driver' };
  if (subjects.length !== 1) return { error: `${subjects.length} programs have this name` };
  const marks = marksOf(subjects[0].entry);
  if (marks.size === 0) return { error: 'the program has no mark' };
  const result = await execute(driver);
  if (result.error) return result;
  const leaks = marks.has('leak') || marks.has('fn');
  if (typeof result.retained === 'boolean') {
    const line = `${result.retained ? 'retained' : 'released'} ${label(driver)}`;
    if (result.retained === leaks) return { line };
    return { line, error: `marked ${[...marks].sort().join(', ')}, so it should be ${leaks ? 'retained' : 'released'}` };
  }
  if (!Number.isFinite(result.growth)) return { error: 'what it measures is no number' };
  const expected = leaks ? 'grows' : 'stable';
  const verdict = result.growth > result.threshold ? 'grows' : 'stable';
  const line = `${verdict} ${Number(result.growth.toFixed(2))}/round ${label(driver)}`;
  if (verdict === expected) return { line };
  return { line, error: `marked ${[...marks].sort().join(', ')}, so it should be ${expected}; per batch of ${result.rounds}: ${result.deltas.join(', ')}` };
}

function select(args) {
  if (args.length === 0) return ruleDirs().flatMap(driversOf);
  return args.map((arg) => path.resolve(arg)).flatMap((arg) => (existsSync(arg) && statSync(arg).isDirectory() ? driversOf(arg) : [arg]));
}

const args = process.argv.slice(2);
const queue = select(args);
let passed = 0;
let failed = 0;

async function worker() {
  for (let driver = queue.shift(); driver; driver = queue.shift()) {
    const { line, error } = await check(driver);
    if (line) console.log(line);
    if (error) {
      failed += 1;
      console.log(`FAILED ${slashed(driver)}: ${error}`);
    } else {
      passed += 1;
    }
  }
}
await Promise.all(Array.from({ length: JOBS }, worker));

if (args.length === 0) {
  const notRun = ruleDirs().flatMap((dir) => {
    const driven = new Set(driversOf(dir).map((driver) => path.basename(driver, '.mjs')));
    return programs(dir).filter((p) => !driven.has(p.stem) && marksOf(p.entry).size > 0);
  });
  for (const { entry } of notRun) console.log(`not run: ${slashed(entry)}`);
  console.log(`${notRun.length} not run`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
