// Runs the command that was declared last, once.
let run;
exports.program = {
  command() { return this; },
  action(callback) { run = callback; return this; },
  parse() { run(__filename); },
};
