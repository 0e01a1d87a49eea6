import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';

const stubs = fileURLToPath(new URL('./stubs/', import.meta.url));

/** The stand-in of a third-party module, `ws` or `@scope/name/part`; undefined where there is none. */
export function stubPath(specifier) {
  if (/^(?:[./]|\w+:)/.test(specifier) || isBuiltin(specifier)) return undefined;
  return ['.cjs', '.mjs'].map((extension) => stubs + specifier + extension).find(existsSync);
}
