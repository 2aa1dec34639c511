/** Loads the sources with one mutation, by its index in MUTATIONS, and runs schedules until one violates a rule. */
import { registerHooks } from 'node:module';
import { MUTATIONS } from './mutations/index.ts';
import type { Mutation } from './mutations/mutation.ts';

/** Number of schedules of the mutation's scenario that run before any others. */
const SCENARIO_SEEDS = 100;

const [index, schedules] = process.argv.slice(2).map(Number);
const mutation = MUTATIONS[index ?? -1];
if (mutation === undefined || schedules === undefined) {
  throw new Error('usage: runMutation.ts <index of the mutation> <number of schedules>');
}
const edits = [mutation, ...(mutation.also ?? [])];
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const replacements = edits.filter(({ file }) => url.endsWith(`/src/${file}`));
    let source = replacements.length === 0 ? '' : String(loaded.source);
    for (const { from, to, file } of replacements) {
      const parts = source.split(from);
      if (parts.length !== 2) {
        throw new Error(
          `${file} contains ${JSON.stringify(from)} ${parts.length - 1} times instead of once: update the mutation`,
        );
      }
      source = parts.join(to);
    }
    return replacements.length === 0 ? loaded : { ...loaded, source };
  },
});
const { violationsIn } = await import('./check.ts');
const { scheduleOf, seedsOf } = await import('./scheduleOf.ts');
Error.stackTraceLimit = 0;

let caught: object | undefined;
for (const seed of seedsFor(mutation)) {
  const [first] = await violationsIn(scheduleOf(seed), 'Convergence');
  caught = first && { seed, ...first };
  if (caught !== undefined) {
    break;
  }
}
process.stdout.write(`${JSON.stringify(caught ?? null)}\n`);
process.exit();

/** Yields the seeds of the mutation's scenario first. */
function* seedsFor({ scenario }: Mutation): Generator<number, void, undefined> {
  yield* scenario === undefined ? [] : seedsOf(scenario, SCENARIO_SEEDS);
  for (let seed = 1; seed <= (schedules ?? 0); seed++) {
    yield seed;
  }
}
