import { setImmediate } from 'node:timers/promises';
import { WorkQueue } from '../../src/kube/queue.ts';
import type { PolicyObject } from '../../src/kube/resources.ts';
import { PolicyController, type PolicyControllerOptions } from '../../src/operator/policyController.ts';
import { PolicyStore } from '../../src/operator/policyStore.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { NO_LIMITS, policy, policyObject } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { memoryOfAssociations } from './associationMemory.ts';
import { ScaleFleet, type ScaleShape, userName } from './scaleFleet.ts';
import { measureStretches, type StretchCost } from './stretches.ts';
import { applicationID } from './syntheticAws.ts';

type Spec = Parameters<typeof policy>[1];

const TEAMS = 60;
const TEN_THOUSAND: ScaleShape = { workspaces: 10_000, perWorkspace: 3, teams: TEAMS };
const FIRST = { id: applicationID(0) };

/** Policy that denies an application on all WorkSpaces, beside others that also list it. */
const everywhere = policy('everywhere', { interval: '24h', applications: { denied: [FIRST] } });
const removingUnlisted = policy('everywhere', {
  interval: '24h',
  applications: { allowed: [FIRST], unlisted: 'Disassociate' },
});

function many(count: number, specOf: (n: number) => Spec): Policy[] {
  return Array.from({ length: count }, (_, n) => policy(`p${n}`, specOf(n)));
}

/** Returns a policy that allows the application to the users of a team. */
function byPatterns(n: number, patternOf: (team: number, k: number) => string): Spec {
  const userNames = Array.from({ length: 100 }, (_, k) => patternOf(n % TEAMS, k));
  return { workspaceSelector: { userNames }, applications: { allowed: [FIRST] } };
}

const oneUser = (n: number): Spec => ({
  workspaceSelector: { userNames: [userName(n, TEAMS)] },
  applications: { allowed: [FIRST] },
});
const byTag = (n: number): Spec => ({
  workspaceSelector: { tags: { matchTags: { team: `t${n}` } } },
  applications: { denied: [{ id: applicationID(1) }] },
});

/** Cost of two runs of a policy: the first one reads the fleet, and the second one finds everything in the cache. */
interface RunCost {
  readonly first: StretchCost;
  readonly second: StretchCost;
}

async function costOfRuns(shape: ScaleShape, one: Policy, others: readonly Policy[]): Promise<RunCost> {
  const fleet = new ScaleFleet(shape, [one, ...others]);
  const first = await measureStretches(() => fleet.run(one));
  const second = await measureStretches(() => fleet.run(one));
  return { first, second };
}

/** Measurements of planning for large fleets with many policies. Each one runs in its own process. */
export const SCALES: Readonly<Record<string, { readonly title: string; readonly measure: () => Promise<object> }>> = {
  alone: {
    title: 'An `all: true` policy alone, 10,000 WorkSpaces',
    measure: () => costOfRuns(TEN_THOUSAND, everywhere, []),
  },
  patterns: {
    title: 'An `all: true` policy beside 60 policies with 100 prefixes each, 10,000 WorkSpaces',
    measure: () =>
      costOfRuns(
        TEN_THOUSAND,
        everywhere,
        many(60, (n) => byPatterns(n, (team, k) => `team${team}-user${k}*`)),
      ),
  },
  'fewer patterns': {
    title: 'An `all: true` policy beside 100 policies with 100 patterns each that fit no index, 10,000 WorkSpaces',
    measure: () =>
      costOfRuns(
        TEN_THOUSAND,
        everywhere,
        many(100, (n) => byPatterns(n, (team, k) => `*m${team}*r${k}?${n % 10}*`)),
      ),
  },
  'any patterns': {
    title: 'An `all: true` policy beside 1,000 policies with 100 patterns each that fit no index, 10,000 WorkSpaces',
    measure: () =>
      costOfRuns(
        TEN_THOUSAND,
        everywhere,
        many(1_000, (n) => byPatterns(n, (team, k) => `*m${team}*r${k}?${n % 10}*`)),
      ),
  },
  'hostile patterns': {
    title: 'An `all: true` policy beside 1,000 policies with 100 patterns each of many stars, 10,000 WorkSpaces',
    measure: () =>
      costOfRuns(
        TEN_THOUSAND,
        everywhere,
        many(1_000, (n) => byPatterns(n, (_, k) => `*${[...`eamuser${k}`].join('*')}*${n % 100}?*`)),
      ),
  },
  'one-user policies': {
    title: 'An `all: true` policy beside 1,000 policies of one user each, 10,000 WorkSpaces',
    measure: () => costOfRuns(TEN_THOUSAND, everywhere, many(1_000, oneUser)),
  },
  'tag policies': {
    title: 'An `all: true` policy beside 1,000 policies by tag that concern another application, 10,000 WorkSpaces',
    measure: () => costOfRuns(TEN_THOUSAND, everywhere, many(1_000, byTag)),
  },
  'unlisted application': {
    title: 'An `all: true` policy beside 300 policies of one user each, for an application that AWS does not list',
    measure: () => costOfRuns({ ...TEN_THOUSAND, isListed: false }, everywhere, many(300, oneUser)),
  },
  'medium fleet': {
    title: 'An `all: true` policy with `unlisted: Disassociate` beside 100 policies by prefix, 20,000 WorkSpaces',
    measure: () =>
      costOfRuns(
        { ...TEN_THOUSAND, workspaces: 20_000 },
        removingUnlisted,
        many(100, (n) => byPatterns(n, (team, k) => `team${team}-user${k}*`)),
      ),
  },
  'large fleet': {
    title: 'An `all: true` policy with `unlisted: Disassociate` beside 100 policies by prefix, 100,000 WorkSpaces',
    measure: () =>
      costOfRuns(
        { ...TEN_THOUSAND, workspaces: 100_000 },
        removingUnlisted,
        many(100, (n) => byPatterns(n, (team, k) => `team${team}-user${k}*`)),
      ),
  },
  'suspending a fleet': {
    title: 'Suspending a fleet with 1,000 policies of 100 user names each',
    measure: () => costOfEdits('fleet'),
  },
  'one edit': {
    title: 'An edit of one of 1,000 policies of 100 user names each',
    measure: () => costOfEdits('policy'),
  },
  associations: {
    title: 'One policy for 1,000,000 associations of 100,000 WorkSpaces: MB after garbage collection, and peak',
    measure: () => memoryOfAssociations(removingUnlisted),
  },
};

/** Measures the handler of an edit, and then the lookup of the overlapping policies for each policy. */
async function costOfEdits(edited: 'fleet' | 'policy') {
  const clock = new VirtualClock();
  let limits = NO_LIMITS;
  const scope = { accountID: '123456789012', region: 'eu-central-1' };
  const store = new PolicyStore(clock, () => ({ limits, scope }));
  const queue = new WorkQueue({ clock, random: () => 0 });
  const reconciler = { interrupt: () => {}, forget: () => {} };
  const options = {
    informer: { hasSynced: () => true },
    store,
    queue,
    reconciler,
  } as unknown as PolicyControllerOptions;
  const controller = new PolicyController(options);
  const objectOf = (n: number, generation: number) => {
    const userNames = Array.from({ length: 100 }, (_, k) => userName(n * 100 + k, TEAMS));
    const object = policyObject(`p${n}`, { workspaceSelector: { userNames } });
    return { ...object, metadata: { ...object.metadata, generation } } as unknown as PolicyObject;
  };
  for (let n = 0; n < 1_000; n++) {
    store.put(`desktops/p${n}`, objectOf(n, 1));
  }
  const lookUp = async () => {
    for (const key of store.keys()) {
      store.overlapping(store.admitted(key) as Policy);
      // Each run looks up its own policy.
      await setImmediate();
    }
  };
  await lookUp();
  const handler = await measureStretches(async () => {
    if (edited === 'fleet') {
      limits = { ...NO_LIMITS, suspend: true };
      controller.onFleetsChanged(() => true);
    } else {
      controller.observe({ type: 'Modified', object: objectOf(500, 2) });
    }
  });
  return { handler, lookUp: await measureStretches(lookUp) };
}
