/** Entry point of the single executable. It contains its own Node.js, and its main script can't await at the top level. */
import { basename } from 'node:path';
import process from 'node:process';
import { runProgram } from './runProgram.ts';

// kubectl runs the executable by this name with the words after `kubectl wsap`.
if (basename(process.argv0).startsWith('kubectl_complete-')) {
  process.argv.splice(2, 0, '__complete', '--');
}
void runProgram();
