#!/usr/bin/env node
// kubectl runs this file as kubectl_complete-wsap, with the words after `kubectl wsap`.
import process from 'node:process';

process.argv.splice(2, 0, '__complete', '--');
await import('./main.ts');
