/**
 * Switches off each rule in turn, and prints which schedule catches the mutation. A mutation that no schedule
 * catches shows that the rule is unproven.
 *
 *   npm run mutate-rules -- [--schedules N] [--only TEXT] [--every N] [--workers N]
 *
 * `--every N` selects every Nth rule, which gives an even sample that is always the same.
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

const execute = promisify(execFile);
const queue = [...MUTATIONS.keys()]
  .filter((index) => MUTATIONS[index]?.rule.includes(values.only))
  .filter((_, index) => index % Number(values.every) === 0);
if (queue.length === 0) {
  throw new Error('--only and --every select no rule');
}
const uncaught: string[] = [];

print('| Rule that is switched off | Violated rule | Seed | Time |\n|---|---|---|---|');
await Promise.all(
  Array.from({ length: Number(values.workers) }, async () => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
      const rule = MUTATIONS[index]?.rule ?? '';
      const program = new URL('./runMutation.ts', import.meta.url).pathname;
      const { stdout } = await execute(process.execPath, [program, String(index), values.schedules]);
      const caught = JSON.parse(stdout) as Caught | null;
      if (caught === null) {
        uncaught.push(rule);
      }
      print(
        caught === null
          ? `| ${rule} | **not caught** | | |`
          : `| ${rule} | ${caught.rule} | ${caught.seed} | ${Math.round(caught.at / 1_000)} s |`,
      );
    }
  }),
);
print(`\n${uncaught.length} mutations not caught within ${values.schedules} schedules`);
process.exitCode = uncaught.length === 0 ? 0 : 1;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
