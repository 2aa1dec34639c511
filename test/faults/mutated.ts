/** Loads the sources with one rule switched off, by its number in MUTATIONS, and runs schedules until one is caught. */
import { registerHooks } from 'node:module';
import { MUTATIONS } from './mutations/index.ts';
import type { Mutation } from './mutations/mutation.ts';

/** How many schedules of its story are tried before any others. */
const AIMED = 20;

const [number, schedules] = process.argv.slice(2).map(Number);
const mutation = MUTATIONS[number ?? -1];
if (mutation === undefined || schedules === undefined) {
  throw new Error('which mutation, and how many schedules?');
}
const changes = [mutation, ...(mutation.also ?? [])];
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const own = changes.filter(({ file }) => url.endsWith(`/src/${file}`));
    let source = own.length === 0 ? '' : String(loaded.source);
    for (const { from, to, file } of own) {
      const parts = source.split(from);
      if (parts.length !== 2) {
        throw new Error(
          `${file} has ${JSON.stringify(from)} ${parts.length - 1} times, not once: the mutation is out of date`,
        );
      }
      source = parts.join(to);
    }
    return own.length === 0 ? loaded : { ...loaded, source };
  },
});
const { violationsIn } = await import('./check.ts');
const { scheduleOf, seedsOf } = await import('./scheduleOf.ts');
Error.stackTraceLimit = 0;

let caught: object | undefined;
for (const seed of seedsFor(mutation)) {
  const [first] = await violationsIn(scheduleOf(seed), 'Outcome');
  caught = first && { seed, ...first };
  if (caught !== undefined) {
    break;
  }
}
process.stdout.write(`${JSON.stringify(caught ?? null)}\n`);
process.exit();

/** Those of its story first. */
function* seedsFor({ scenario }: Mutation): Generator<number, void, undefined> {
  yield* scenario === undefined ? [] : seedsOf(scenario, AIMED);
  for (let seed = 1; seed <= (schedules ?? 0); seed++) {
    yield seed;
  }
}
