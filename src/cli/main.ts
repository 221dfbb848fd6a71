#!/usr/bin/env node
import { runCommand } from './run-command.js'

void runCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  fail: (text) => process.stderr.write(text),
}).then((status) => {
  // Whatever the file of the DataSource has opened besides: a deployment must not wait for it.
  process.stdout.write('', () => process.exit(status))
})
