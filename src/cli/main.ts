#!/usr/bin/env node
// Ends the process if Node.js is too old to load the program, which is therefore imported after it.
import './nodeVersion.ts';

const { runProgram } = await import('./runProgram.ts');
await runProgram();
