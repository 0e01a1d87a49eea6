// The hooks of hooks.mjs do not see `require` calls, hence this second door to the stand-ins.

import Module from 'node:module';
import { stubPath } from './stub-path.mjs';

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (specifier, ...rest) {
  return stubPath(specifier) ?? resolveFilename.call(this, specifier, ...rest);
};
