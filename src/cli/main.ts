#!/usr/bin/env node
import { runCommand } from './run-command.js'

void runCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  fail: (text) => process.stderr.write(text),
}).then((status) => {
  process.exitCode = status
})
