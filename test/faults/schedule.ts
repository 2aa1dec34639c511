import { seededRandom } from '../../src/simulator/random.ts';
import type { SeedDocument, WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import type { Fault, FaultKind } from './faults.ts';
import { type Entry, type FleetSpec, INVALID_INTERVAL, type PolicySpec } from './rules.ts';
import { BEGINNING } from './time.ts';

/** What people do, and what becomes of WorkSpaces by other hands than the operator's. */
export type Act =
  | { readonly do: 'Apply'; readonly name: string; readonly spec: PolicySpec }
  | { readonly do: 'Delete'; readonly name: string }
  | { readonly do: 'Request'; readonly name: string }
  | { readonly do: 'Approve' }
  | { readonly do: 'Fleet'; readonly spec: FleetSpec }
  | { readonly do: 'Label'; readonly labels: Readonly<Record<string, string>> }
  | { readonly do: 'Rebuild' | 'Terminate' | 'Deploy' | 'Protect' | 'Unprotect'; readonly workspaceId: string }
  | { readonly do: 'Migrate'; readonly workspaceId: string; readonly newId: string }
  | { readonly do: 'Associate' | 'Disassociate'; readonly workspaceId: string; readonly applicationId: string }
  | { readonly do: 'State'; readonly workspaceId: string; readonly state: string }
  | { readonly do: 'Connection'; readonly workspaceId: string; readonly connection: string };

export interface Happening {
  /** Milliseconds from the beginning. */
  readonly at: number;
  readonly act: Act;
}

/** Everything that a run depends on: the same schedule gives the same run. */
export interface Schedule {
  readonly seed: number;
  /** Whether nobody but the operator changes the world: then the run must come to what it comes to without faults, call for call. */
  readonly isQuiet: boolean;
  /** When people have acted and the faults are over, in milliseconds from the beginning. */
  readonly ends: number;
  /** How long after that all has to be done, in milliseconds. */
  readonly doneWithin: number;
  /** Whether people then ask for runs and approve what is proposed, so that it is done sooner; otherwise it takes the policies' intervals. */
  readonly asksAfterwards: boolean;
  readonly fleet: SeedDocument;
  readonly pageSize: number;
  readonly happenings: readonly Happening[];
  readonly faults: readonly Fault[];
}

export const MINUTE = 60_000;
/** How long people act and faults are at work: through many runs, or through the few minutes in which most changes are made. */
const LONG = 15 * MINUTE;
const SHORT = 8 * MINUTE;

export const APPLICATIONS = [
  { applicationId: 'wsa-visio0000', name: 'Microsoft Visio LTSC Professional 2021' },
  { applicationId: 'wsa-office000', name: 'Microsoft Office LTSC Professional Plus 2021' },
  { applicationId: 'wsa-project00', name: 'Microsoft Project Professional 2021' },
  { applicationId: 'wsa-office019', name: 'Microsoft Office Professional Plus 2019', state: 'UNINSTALL_ONLY' },
] as const;

class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  /** From `least` to `most`, both included. */
  number(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  one<T>(of: readonly T[]): T {
    return of[this.number(0, of.length - 1)] as T;
  }

  some<T>(of: readonly T[], share: number): T[] {
    return of.filter(() => this.chance(share));
  }
}

/** The schedule of a seed. */
export function scheduleOf(seed: number): Schedule {
  const dice = new Dice(seed);
  const isQuiet = dice.chance(0.5);
  const isDense = seed % 2 === 0;
  const span = isDense ? { first: 6_000, last: 90_000 } : { first: MINUTE, last: LONG - MINUTE };
  const workspaces = isDense ? sameWorkspaces(dice) : workspacesOf(dice, isQuiet);
  const fleetSpec: FleetSpec = {
    region: 'eu-central-1',
    rateLimit: { requestsPerSecond: 5, burst: 10 },
    ...(dice.chance(0.2) && { maxDisassociationsPerHour: dice.number(8, 12) }),
    ...(dice.chance(0.1) && { directoryIds: ['d-0000000001'] }),
    ...(dice.chance(0.1) && {
      allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'desktops' } } },
    }),
  };
  const names = ['first', 'second', 'third'].slice(0, dice.number(1, 3));
  const specs = new Map(names.map((name) => [name, policySpec(dice, workspaces)]));
  if (isDense) {
    names.slice(0, dice.number(1, names.length)).forEach((name) => void specs.set(name, plainSpec(dice)));
  }
  const beginning: Happening[] = [
    { at: 0, act: { do: 'Label', labels: { team: 'desktops' } } },
    { at: 0, act: { do: 'Fleet', spec: fleetSpec } },
    ...names.map(
      (name): Happening => ({
        at: isQuiet ? 0 : dice.number(0, 30_000),
        act: { do: 'Apply', name, spec: specs.get(name) as PolicySpec },
      }),
    ),
  ];
  const approvals = [4, 10, 20, 35, 60].map((minute): Happening => ({ at: minute * MINUTE, act: { do: 'Approve' } }));
  const acts = isQuiet ? [] : lively(dice, workspaces, specs, fleetSpec, span);
  const happenings = [...beginning, ...acts, ...approvals].sort((a, b) => a.at - b.at);
  const faults = faultsOf(dice, span.last);
  return {
    seed,
    isQuiet,
    ends: Math.min(isDense ? SHORT : LONG, endOf(happenings, faults)),
    doneWithin: 3 * 60 * MINUTE,
    asksAfterwards: seed % 16 !== 0,
    fleet: {
      applications: APPLICATIONS,
      workspaces,
      rateLimit: { requestsPerSecond: dice.chance(0.2) ? 4 : 0, burst: 10 },
      durations: {
        pending: '5s',
        installing: '20s',
        uninstalling: '20s',
        removedListed: dice.one(['1s', '1m', '30m']),
      },
    },
    pageSize: dice.one([2, 3, 25]),
    happenings,
    faults,
  };
}

/** When people have acted and the faults are over, but for the approvals that come later, and a crash of which nobody knows when it comes. */
function endOf(happenings: readonly Happening[], faults: readonly Fault[]): number {
  const acts = happenings.filter(({ act }) => act.do !== 'Approve').map(({ at }) => at);
  const ends = faults.map(({ kind, at, for: length }) => (kind === 'Crash' ? 4 * MINUTE : at + length));
  return Math.max(2 * MINUTE, ...acts, ...ends) + MINUTE;
}

function workspacesOf(dice: Dice, isQuiet: boolean): WorkspaceDocument[] {
  const count = dice.number(2, 7);
  return Array.from({ length: count }, (_, index) => {
    const applications = dice.some(APPLICATIONS, 0.6).map(({ applicationId }) => {
      const state = isQuiet
        ? 'COMPLETED'
        : dice.one([
            'COMPLETED',
            'COMPLETED',
            'COMPLETED',
            'COMPLETED',
            'PENDING_UNINSTALL_DEPLOYMENT',
            'PENDING_INSTALL_DEPLOYMENT',
          ] as const);
      return { applicationId, state };
    });
    return {
      workspaceId: `ws-0000000${index + 1}`,
      userName: `user${index + 1}`,
      directoryId: dice.one(['d-0000000001', 'd-0000000002']),
      bundleId: dice.one(['wsb-00000001', 'wsb-00000002']),
      state: dice.one([
        'AVAILABLE',
        'AVAILABLE',
        'AVAILABLE',
        'AVAILABLE',
        'STOPPED',
        isQuiet ? 'AVAILABLE' : 'MAINTENANCE',
      ]),
      connection: dice.one([...Array<string>(8).fill('DISCONNECTED'), 'CONNECTED', 'UNKNOWN']),
      tags: { Department: dice.one(['Finance', 'Sales']), ...(dice.chance(0.1) && { 'wsap.dev/protect': '' }) },
      applications,
    };
  });
}

/** WorkSpaces that are ready, and of which most have something to lose. */
function sameWorkspaces(dice: Dice): WorkspaceDocument[] {
  return Array.from({ length: dice.number(5, 9) }, (_, index) => ({
    workspaceId: `ws-0000000${index + 1}`,
    userName: `user${index + 1}`,
    directoryId: dice.one(['d-0000000001', 'd-0000000001', 'd-0000000002']),
    bundleId: 'wsb-00000001',
    connection: 'DISCONNECTED',
    tags: { Department: 'Finance', ...(dice.chance(0.1) && { 'wsap.dev/protect': '' }) },
    applications: dice
      .some(APPLICATIONS, 0.8)
      .map(({ applicationId }) => ({ applicationId, state: 'COMPLETED' as const })),
  }));
}

/** A policy that takes something away everywhere, as soon as it can. */
function plainSpec(dice: Dice): PolicySpec {
  return {
    fleetRef: { name: 'emea' },
    enforcement: dice.one(['Enforce', 'Enforce', 'Enforce', 'Approve']),
    interval: '30s',
    workspaceSelector: { all: true },
    applications: {
      denied: [{ id: 'wsa-visio0000' }, ...(dice.chance(0.5) ? [{ name: 'Microsoft Office*' }] : [])],
      ...(dice.chance(0.3) && { required: [{ id: 'wsa-project00' }] }),
    },
    rollout: {
      userSessions: dice.one(['Wait', 'Interrupt']),
      ...(dice.chance(0.3) && { maxInProgress: dice.one([1, 2]) }),
    },
    safeguards: { maxAffectedWorkspaces: '100%' },
  };
}

function policySpec(dice: Dice, workspaces: readonly WorkspaceDocument[]): PolicySpec {
  const entry = (): Entry => {
    const { applicationId, name } = dice.one(APPLICATIONS);
    return dice.one<Entry>([{ id: applicationId }, { id: applicationId }, { name }, { name: 'Microsoft Office*' }]);
  };
  const exact = (): Entry => ({ id: dice.one(APPLICATIONS.slice(0, 3)).applicationId });
  const denied = dice.chance(0.85) ? unique([entry(), ...(dice.chance(0.4) ? [entry()] : [])]) : [];
  const isFree = (one: Entry) => !denied.some((other) => JSON.stringify(other) === JSON.stringify(one));
  const required = dice.chance(0.35) ? [exact()].filter(isFree) : [];
  const allowed = dice.chance(0.3)
    ? [entry()].filter((one) => isFree(one) && !required.some((other) => JSON.stringify(other) === JSON.stringify(one)))
    : [];
  return {
    fleetRef: { name: 'emea' },
    enforcement: dice.one(['Enforce', 'Enforce', 'Enforce', 'Enforce', 'Enforce', 'Enforce', 'Approve', 'Audit']),
    priority: dice.one([0, 0, 0, 1]),
    interval: dice.one(['30s', '1m', '2m', '3m', '5m', '10m']),
    workspaceSelector: selectorOf(dice, workspaces),
    applications: {
      ...(required.length > 0 && { required }),
      ...(allowed.length > 0 && { allowed }),
      ...(denied.length > 0 && { denied }),
      unlisted: dice.chance(denied.length === 0 ? 0.7 : 0.15) ? 'Disassociate' : 'Keep',
    },
    ...(dice.chance(0.2) && { exceptions: [exceptionOf(dice, workspaces, exact())] }),
    rollout: {
      ...(dice.chance(0.15) && {
        maintenanceWindows: [{ cron: dice.one(['0 0-23/2 * * *', '0 1-23/2 * * *']), duration: '1h' }],
      }),
      ...(dice.chance(0.08) && { deploy: 'Manual' }),
      userSessions: dice.one(['Wait', 'Interrupt']),
      ...(dice.chance(0.25) && { maxInProgress: dice.one([1, 2, '30%']) }),
    },
    safeguards: {
      maxAffectedWorkspaces: dice.one(['100%', '100%', '100%', '100%', '50%', 2]),
      allowUninstallOnly: dice.chance(0.2),
      othersPendingChanges: dice.one(['Hold', 'Hold', 'Hold', 'Deploy']),
    },
    retry: { limit: 5, backoff: { duration: '10s', factor: 2, maxDuration: '5m' } },
  };
}

function selectorOf(dice: Dice, workspaces: readonly WorkspaceDocument[]): PolicySpec['workspaceSelector'] {
  const some = dice.some(workspaces, 0.6).map(({ workspaceId }) => workspaceId);
  return dice.one<() => PolicySpec['workspaceSelector']>([
    () => ({ all: true }),
    () => ({ all: true }),
    () => ({ all: true }),
    () => ({ all: true }),
    () => ({ all: true, ...(some.length > 0 && { exclude: { workspaceIds: some.slice(0, 2) } }) }),
    () => (some.length > 0 ? { workspaceIds: some } : { all: true }),
    () => ({ directoryIds: ['d-0000000001'] }),
    () => ({ bundleIds: ['wsb-00000001'] }),
    () => ({ userNames: ['user1', 'user2', 'user3*'] }),
    () => ({ tags: { matchTags: { Department: 'Finance' } } }),
  ])();
}

function exceptionOf(dice: Dice, workspaces: readonly WorkspaceDocument[], application: Entry) {
  return {
    workspaceIds: [dice.one(workspaces).workspaceId],
    application,
    reason: 'audit',
    ...(dice.chance(0.5) && { expiresAt: new Date(BEGINNING + dice.number(10, 60) * MINUTE).toISOString() }),
  };
}

function unique(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.map((one) => [JSON.stringify(one), one])).values()];
}

/** What happens in a world that others change as well. Specs change as they are applied. */
function lively(
  dice: Dice,
  workspaces: readonly WorkspaceDocument[],
  specs: Map<string, PolicySpec>,
  fleetSpec: FleetSpec,
  span: { readonly first: number; readonly last: number },
): Happening[] {
  const happenings: Happening[] = [];
  const names = [...specs.keys()];
  for (let index = 0, count = dice.number(3, 14); index < count; index++) {
    const at = dice.number(span.first, span.last);
    const later = at + dice.number(1_000, Math.min(span.last, 5 * MINUTE));
    const workspaceId = dice.one(workspaces).workspaceId;
    const { applicationId } = dice.one(APPLICATIONS);
    const name = dice.one(names);
    const spec = specs.get(name) as PolicySpec;
    const add = (time: number, act: Act) => happenings.push({ at: time, act });
    const changeAndBack = (changed: PolicySpec) => {
      add(at, { do: 'Apply', name, spec: changed });
      add(later, { do: 'Apply', name, spec });
    };
    dice.one<() => void>([
      () => add(at, { do: 'Associate', workspaceId, applicationId }),
      () => add(at, { do: 'Disassociate', workspaceId, applicationId }),
      () => add(at, { do: 'Deploy', workspaceId }),
      () => add(at, { do: 'Rebuild', workspaceId }),
      () => add(at, { do: 'Rebuild', workspaceId }),
      () =>
        [0, 3, 6, 9].forEach(
          (minutes) => void add(Math.floor(at / 2) + minutes * MINUTE, { do: 'Rebuild', workspaceId }),
        ),
      () => add(at, { do: 'Terminate', workspaceId }),
      () => add(at, { do: 'Migrate', workspaceId, newId: `ws-1000000${index}` }),
      () => {
        add(at, { do: 'State', workspaceId, state: dice.one(['MAINTENANCE', 'ERROR', 'STOPPED', 'SUSPENDED']) });
        add(later, { do: 'State', workspaceId, state: 'AVAILABLE' });
      },
      () => {
        add(at, { do: 'Protect', workspaceId });
        if (dice.chance(0.5)) {
          add(later, { do: 'Unprotect', workspaceId });
        }
      },
      () => {
        add(at, { do: 'Connection', workspaceId, connection: 'CONNECTED' });
        add(later, { do: 'Connection', workspaceId, connection: 'DISCONNECTED' });
      },
      () => changeAndBack(anotherSpec(dice, workspaces, spec)),
      () => changeAndBack({ ...spec, suspend: true }),
      () => changeAndBack({ ...spec, interval: INVALID_INTERVAL }),
      () => {
        const changed = anotherSpec(dice, workspaces, spec);
        specs.set(name, changed);
        add(at, { do: 'Apply', name, spec: changed });
      },
      () => {
        add(at, { do: 'Delete', name });
        add(later, { do: 'Apply', name, spec });
      },
      () => add(at, { do: 'Request', name }),
      () => {
        add(at, { do: 'Fleet', spec: { ...fleetSpec, freeze: true } });
        add(later, { do: 'Fleet', spec: fleetSpec });
      },
      () => {
        const changed = dice.one<Partial<FleetSpec>>([
          { directoryIds: ['d-0000000002'] },
          { exceptions: 'Forbid' },
          { rateLimit: { requestsPerSecond: 3, burst: 5 } },
          { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'others' } } } },
        ]);
        add(at, { do: 'Fleet', spec: { ...fleetSpec, ...changed } });
        add(later, { do: 'Fleet', spec: fleetSpec });
      },
      () => {
        add(at, { do: 'Label', labels: { team: 'nobody' } });
        add(later, { do: 'Label', labels: { team: 'desktops' } });
      },
    ])();
  }
  if (dice.chance(0.15)) {
    happenings.push({ at: span.last, act: { do: 'Delete', name: dice.one(names) } });
  }
  return happenings;
}

/** A spec of which one part is another. */
function anotherSpec(dice: Dice, workspaces: readonly WorkspaceDocument[], spec: PolicySpec): PolicySpec {
  const other = policySpec(dice, workspaces);
  const part = dice.one([
    'enforcement',
    'priority',
    'interval',
    'workspaceSelector',
    'applications',
    'applications',
    'exceptions',
    'rollout',
    'safeguards',
    'retry',
  ] as const);
  const { [part]: _, ...rest } = spec;
  return { ...rest, ...(other[part] !== undefined && { [part]: other[part] }) } as PolicySpec;
}

/** What can go wrong at which rate, for how long at most, and how much. */
const FAULTS: Readonly<
  Record<
    FaultKind,
    { readonly rate: readonly number[]; readonly longest: number; readonly amounts?: readonly number[] }
  >
> = {
  Throttled: { rate: [0.2, 0.6], longest: 10 * MINUTE },
  ServerError: { rate: [0.1, 0.4, 1], longest: 5 * MINUTE },
  Reset: { rate: [0.1, 0.4, 1], longest: 5 * MINUTE },
  LostAnswer: { rate: [0.1, 0.5, 1], longest: 10 * MINUTE },
  Timeout: { rate: [0.1, 0.3], longest: 5 * MINUTE },
  SlowAnswers: { rate: [0.3, 1], longest: 5 * MINUTE, amounts: [500, 5_000, 20_000] },
  StaleReads: { rate: [0.3, 1], longest: 15 * MINUTE, amounts: [2_000, 10_000, 30_000] },
  AccessDenied: { rate: [0.1, 1], longest: 3 * MINUTE },
  RepeatedToken: { rate: [0.3, 1], longest: 5 * MINUTE },
  NoIdentity: { rate: [0.5, 1], longest: 10 * MINUTE },
  ApiErrors: { rate: [0.1, 0.3, 1], longest: 3 * MINUTE },
  ApiSilent: { rate: [1], longest: 5 * MINUTE },
  StatusRefused: { rate: [0.5, 1], longest: 5 * MINUTE },
  LostWrites: { rate: [0.2, 0.6], longest: 5 * MINUTE },
  LateEvents: { rate: [1], longest: 10 * MINUTE, amounts: [500, 5_000, 30_000] },
  WatchesExpired: { rate: [1], longest: 0 },
  StaleLists: { rate: [1], longest: 10 * MINUTE, amounts: [3, 20, 100] },
  Crash: { rate: [1], longest: 0, amounts: [0] },
  Restart: { rate: [1], longest: 0 },
  SecondReplica: { rate: [1], longest: 15 * MINUTE },
  Freeze: { rate: [1], longest: MINUTE },
  ClockSet: { rate: [1], longest: 0, amounts: [-3_600_000, -60_000, 60_000, 3_600_000] },
};
const KINDS = Object.keys(FAULTS) as FaultKind[];
/** So many boundaries of calls a story has before most of its changes are made. */
const BOUNDARIES = 700;

function faultsOf(dice: Dice, last: number): Fault[] {
  const faults: Fault[] = [];
  for (let index = 0, count = dice.number(1, 7); index < count; index++) {
    const kind = dice.chance(0.25) ? 'Crash' : dice.one(KINDS);
    const { rate, longest, amounts = [0] } = FAULTS[kind];
    faults.push({
      kind,
      at: dice.number(0, dice.chance(0.6) ? Math.min(last, 4 * MINUTE) : last),
      for: longest === 0 ? 1 : dice.number(1_000, longest),
      rate: dice.one(rate),
      amount: kind === 'Crash' ? dice.number(1, BOUNDARIES) : dice.one(amounts),
    });
  }
  return faults;
}
