// Module hooks: third-party imports get their stand-ins, TypeScript and JSX are transpiled.

import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import { stubPath } from './stub-path.mjs';

const LOADERS = { ts: 'ts', mts: 'ts', tsx: 'tsx', jsx: 'jsx' };

export async function resolve(specifier, context, nextResolve) {
  const stub = stubPath(specifier);
  if (stub) return { url: pathToFileURL(stub).href, shortCircuit: true };
  return nextResolve(specifier, context);
}

export async function load(url, context, nextLoad) {
  const loader = LOADERS[/\.(\w+)$/.exec(url)?.[1]];
  if (!url.startsWith('file:') || !loader) return nextLoad(url, context);
  const file = fileURLToPath(url);
  const { code } = await transform(await readFile(file, 'utf8'), {
    loader,
    sourcefile: file,
    format: 'esm',
    target: 'node20',
    jsx: 'automatic',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
