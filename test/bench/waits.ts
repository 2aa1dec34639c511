import { PolicyFleets } from '../operator/policyFleets.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Duration of a full read of 10,000 WorkSpaces at two calls per second. */
const LISTING_MS = 13 * MINUTE;
const STEP_MS = 100;

/** Measures how long a policy of a small fleet waits behind four policies that wait for the reads of a large fleet. */
export async function measureFairness() {
  const cluster = new PolicyFleets({ large: 2, small: 2 });
  cluster.fleet('large').listingMs = LISTING_MS;
  for (let n = 0; n < 4; n++) {
    cluster.apply('desktops', `large-${n}`, {
      fleetRef: { name: 'large' },
      applications: { required: [{ name: `app ${n}` }] },
    });
  }
  cluster.start();
  await cluster.pass(SECOND);
  const startedAt = cluster.clock.monotonic();
  cluster.apply('desktops', 'small', { fleetRef: { name: 'small' } });
  const isReported = () => cluster.statusOf('desktops/small')?.compliance !== undefined;
  while (!isReported() && cluster.clock.monotonic() - startedAt < 2 * LISTING_MS) {
    await cluster.pass(STEP_MS, STEP_MS);
  }
  const seconds = (cluster.clock.monotonic() - startedAt) / SECOND;
  await cluster.stop();
  return { seconds };
}
