#!/usr/bin/env node
// It has to run on every Node: an old one is to say what is needed, not to fail on the syntax of the rest. As CommonJS
// (bin/package.json) it also starts without Node's loader of ES modules.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 11)) {
  const message = `Stack needs Node 24.11 or newer, and this is ${process.version}.`;
  const hint = 'Install a newer Node: https://nodejs.org/en/download';
  if (process.argv.includes('--json')) {
    const error = { code: 'NODE_TOO_OLD', message, hint };
    console.log(JSON.stringify({ ok: false, error, warnings: [] }, undefined, 2));
  } else {
    console.error(`error NODE_TOO_OLD: ${message}\nhint: ${hint}`);
  }
  process.exit(5);
}

// Compiled code is kept between starts: it saves the larger commands a tenth of their time.
require('node:module').enableCompileCache();
require('../dist/main.cjs')
  .main(process.argv.slice(2))
  .then((exitCode) => process.exit(exitCode));
