/**
 * Switches off each rule in turn, and shows which schedule catches that: `npm run mutate-rules -- [--schedules N] [--only TEXT]
 * [--every N]`. A rule that nothing catches has no proof. `--every N` takes every Nth rule: a sample that is even, and the same each time.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs, promisify } from 'node:util';
import { MUTATIONS } from './mutations/index.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '200' },
    only: { type: 'string', default: '' },
    every: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

interface Caught {
  readonly seed: number;
  readonly rule: string;
  readonly at: number;
}

const run = promisify(execFile);
const numbers = [...MUTATIONS.keys()]
  .filter((number) => MUTATIONS[number]?.rule.includes(values.only))
  .filter((_, index) => index % Number(values.every) === 0);
if (numbers.length === 0) {
  throw new Error('no rule is selected: see --only and --every');
}
const uncaught: string[] = [];

say('| the rule that is switched off | caught as | by seed | at |\n|---|---|---|---|');
await Promise.all(
  Array.from({ length: Number(values.workers) }, async () => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      const rule = MUTATIONS[number]?.rule ?? '';
      const program = new URL('./mutated.ts', import.meta.url).pathname;
      const { stdout } = await run(process.execPath, [program, String(number), values.schedules]);
      const caught = JSON.parse(stdout) as Caught | null;
      if (caught === null) {
        uncaught.push(rule);
      }
      say(
        caught === null
          ? `| ${rule} | **not caught** | | |`
          : `| ${rule} | ${caught.rule} | ${caught.seed} | ${Math.round(caught.at / 1_000)} s |`,
      );
    }
  }),
);
say(`\n${uncaught.length} not caught within ${values.schedules} schedules`);
process.exitCode = uncaught.length === 0 ? 0 : 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
