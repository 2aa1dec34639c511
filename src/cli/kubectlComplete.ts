#!/usr/bin/env node
// kubectl runs this, as kubectl_complete-wsap, with the words behind `kubectl wsap`.
import process from 'node:process';

process.argv.splice(2, 0, '__complete', '--');
await import('./main.ts');
