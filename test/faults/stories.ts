import type { Dice } from './dice.ts';
import type { Fault, FaultKind } from './faults.ts';
import { BASE_FLEET, BASE_POLICY, FLEET_EDITS, POLICY_EDITS } from './fields.ts';
import { sameWorkspaces } from './fleets.ts';
import type { FleetSpec, PolicySpec } from './manifests.ts';
import { type Act, type Happening, MINUTE, type Schedule } from './schedule.ts';
import { BEGINNING } from './time.ts';

const SECOND = 1_000;
const VISIO = { id: 'wsa-visio0000' };
const OFFICE = { id: 'wsa-office000' };
const PROJECT = { id: 'wsa-project00' };

/** A schedule that is aimed at one rule: what it needs beside what all have. */
export type Story = Pick<Schedule, 'happenings' | 'faults'> &
  Partial<Pick<Schedule, 'ends' | 'doneWithin' | 'asksAfterwards' | 'refuses' | 'pageSize'>> & {
    readonly workspaces: NonNullable<Schedule['fleet']['workspaces']>;
  };

/** Collects what happens and goes wrong. */
class Draft {
  readonly dice: Dice;
  readonly happenings: Happening[] = [];
  readonly faults: Fault[] = [];

  constructor(dice: Dice) {
    this.dice = dice;
    this.at(0, { do: 'Label', labels: { team: 'desktops' } });
  }

  at(time: number, act: Act): this {
    this.happenings.push({ at: Math.round(time), act });
    return this;
  }

  fleet(time: number, spec: Partial<FleetSpec> = {}): this {
    return this.at(time, {
      do: 'Fleet',
      spec: { region: 'eu-central-1', rateLimit: { requestsPerSecond: 5, burst: 10 }, ...spec },
    });
  }

  policy(time: number, name: string, spec: Partial<PolicySpec>): this {
    return this.at(time, { do: 'Apply', name, spec: { ...removal(), ...spec } });
  }

  fault(kind: FaultKind, at: number, length: number, more: Partial<Fault> = {}): this {
    this.faults.push({ kind, at: Math.round(at), for: Math.round(length), rate: 1, amount: 0, ...more });
    return this;
  }

  /** A moment within a span, in milliseconds. */
  moment(first: number, last: number): number {
    return this.dice.number(first, last);
  }

  /** One of the faults that an operator gets over by itself, at some time. */
  nuisance(first: number, last: number): this {
    const at = this.moment(first, last);
    const kind = this.dice.one(['Restart', 'Restart', 'LostAnswer', 'Throttled', 'LostWrites', 'LateEvents'] as const);
    const amount = kind === 'LateEvents' ? 5_000 : 0;
    return this.fault(kind, at, this.moment(1, 30) * SECOND, { rate: kind === 'Restart' ? 1 : 0.4, amount });
  }

  story(workspaces: Story['workspaces'], more: Omit<Partial<Story>, 'workspaces'> = {}): Story {
    return { happenings: this.happenings, faults: this.faults, workspaces, ...more };
  }
}

/** A policy that takes Visio away everywhere, as soon as it may. */
function removal(): PolicySpec {
  return {
    fleetRef: { name: 'emea' },
    enforcement: 'Enforce',
    interval: '30s',
    workspaceSelector: { all: true },
    applications: { denied: [VISIO] },
    rollout: { userSessions: 'Interrupt' },
    safeguards: { maxAffectedWorkspaces: '100%' },
    retry: { limit: 5, backoff: { duration: '10s', factor: 2, maxDuration: '2m' } },
  };
}

/** A clock time of a window, so many minutes after the beginning. */
function cronAt(minutes: number): string {
  const date = new Date(BEGINNING + minutes * MINUTE);
  return `${date.getUTCMinutes()} ${date.getUTCHours()} * * *`;
}

export const STORIES = {
  /** What was removed comes back again and again, over restarts. */
  ComesBack: (draft) => {
    const { dice } = draft;
    const workspaces = sameWorkspaces(dice, 3);
    draft.fleet(0).policy(0, 'first', { interval: '1m' });
    const every = dice.number(3, 9);
    for (let time = 1; time <= 6; time++) {
      draft.at(time * every * MINUTE, { do: 'Rebuild', workspaceId: 'ws-00000001' });
      const at = time * every * MINUTE;
      dice.one([
        () => draft.nuisance(at + MINUTE, at + 2 * MINUTE),
        () => draft.fault('CrashOnRemoval', at, 2 * MINUTE, { rate: 0.5 }),
        () => {},
      ])();
    }
    return draft.story(workspaces);
  },
  /** Pages of listings fail while a policy is over its limit. */
  FailedPages: (draft) => {
    const { dice } = draft;
    draft.fleet(0).policy(0, 'first', { safeguards: { maxAffectedWorkspaces: '50%' } });
    draft.fault('ServerError', 0, draft.moment(1, 4) * MINUTE, { rate: dice.one([0.4, 0.7]) });
    return draft.story(sameWorkspaces(dice, 9), { pageSize: 2 });
  },
  /** What a policy waits for comes while its leases can't be renewed. */
  LeaseInDoubt: (draft) => {
    const { dice } = draft;
    const workspaces = sameWorkspaces(dice, 4).map((one) => ({ ...one, connection: 'CONNECTED' }));
    draft.fleet(0).policy(0, 'first', { rollout: { userSessions: 'Wait' } });
    const silentAt = draft.moment(60, 120) * SECOND;
    draft.fault(dice.one(['ApiSilent', 'ApiErrors'] as const), silentAt, draft.moment(100, 170) * SECOND);
    for (const { workspaceId } of workspaces) {
      const at = silentAt + draft.moment(20, 110) * SECOND;
      draft.at(at, { do: 'Connection', workspaceId, connection: 'DISCONNECTED' });
    }
    if (dice.chance(0.5)) {
      draft.fault('SecondReplica', draft.moment(0, 30) * SECOND, 8 * MINUTE);
    }
    return draft.story(workspaces);
  },
  /** The process stands still between its calls, while another one waits for its leases. */
  StandsStill: (draft) => {
    const { dice } = draft;
    draft
      .fleet(0)
      .policy(0, 'first', {})
      .policy(0, 'second', { applications: { denied: [OFFICE] } });
    draft.fault('SecondReplica', 2 * SECOND, 10 * MINUTE);
    draft.fault('SlowAnswers', 0, 2 * MINUTE, { amount: 500 });
    for (const at of [draft.moment(6_000, 14_000), draft.moment(90_000, 120_000)]) {
      draft.fault('Freeze', at, draft.moment(61, 80) * SECOND);
    }
    return draft.story(sameWorkspaces(dice, 6));
  },
  /** The process is asked to stop in the middle of a run, and answers take their time. */
  Stops: (draft) => {
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE, PROJECT] } });
    draft.fault('SlowAnswers', 0, MINUTE, { amount: draft.dice.one([500, 1_000]) });
    for (let at = draft.moment(7_000, 12_000); at < 50_000; at += draft.moment(10_000, 18_000)) {
      draft.fault('Restart', at, 1);
    }
    return draft.story(sameWorkspaces(draft.dice, 7));
  },
  /** Reads of one WorkSpace wait for each other, or changes for their turn. */
  SlowReads: (draft) => {
    const { dice } = draft;
    const rate = dice.one([0.2, 0.3, 0.5]);
    draft.fleet(0, { rateLimit: { requestsPerSecond: rate, burst: 4 } });
    for (const [index, name] of ['first', 'second', 'third'].entries()) {
      const id = `ws-0000000${index + 1}`;
      draft.policy(0, name, {
        workspaceSelector: { workspaceIds: [id] },
        applications: { denied: [VISIO, OFFICE, PROJECT] },
      });
    }
    draft.fault('Timeout', 0, 8 * MINUTE, { rate: 0.2 });
    return draft.story(sameWorkspaces(dice, 3), { ends: 10 * MINUTE });
  },
  /** Reads lag behind what was just changed. */
  LaggingReads: (draft) => {
    const { dice } = draft;
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE], required: [PROJECT] } });
    draft.fault('StaleReads', 0, draft.moment(2, 6) * MINUTE, { amount: dice.one([10_000, 30_000]) });
    if (dice.chance(0.5)) {
      draft.fault('LostAnswer', 0, 2 * MINUTE, { rate: 0.3 });
    }
    return draft.story(sameWorkspaces(dice, 5));
  },
  /** A policy that protects something is renamed, edited again and again, suspended or deleted. */
  Renamed: (draft) => {
    const { dice } = draft;
    const keeps = { priority: 1, applications: { allowed: [VISIO, OFFICE] } };
    draft
      .fleet(0)
      .policy(0, 'first', keeps)
      .policy(0, 'second', { applications: { denied: [VISIO, OFFICE] } });
    const at = draft.moment(30, 90) * SECOND;
    dice.one([
      () => {
        draft.at(at, { do: 'Delete', name: 'first' });
        draft.policy(at + draft.moment(20, 280) * SECOND, 'renamed', keeps);
      },
      () => {
        draft.policy(at, 'first', { ...keeps, applications: { allowed: [OFFICE] } });
        draft.policy(at + draft.moment(10, 120) * SECOND, 'first', { ...keeps, applications: { allowed: [PROJECT] } });
      },
      () => {
        draft.policy(at, 'first', { ...keeps, suspend: true });
        draft.policy(at + draft.moment(20, 280) * SECOND, 'first', keeps);
      },
      () => draft.at(at, { do: 'Delete', name: 'first' }),
    ])();
    draft.nuisance(at, at + 2 * MINUTE);
    return draft.story(sameWorkspaces(dice, 5));
  },
  /** Policies that only report, beside ones that act. */
  Audits: (draft) => {
    const { dice } = draft;
    const audit = { enforcement: 'Audit', applications: { denied: [VISIO, OFFICE], required: [PROJECT] } };
    draft
      .fleet(0)
      .policy(0, 'first', audit)
      .policy(0, 'second', { applications: { denied: [OFFICE] } });
    const from = draft.moment(60, 100) * SECOND;
    draft.policy(from, 'first', { ...audit, enforcement: dice.one(['Approve', 'Enforce']) });
    draft.policy(from + draft.moment(1, 40) * SECOND, 'first', audit);
    return draft.story(sameWorkspaces(dice, 5));
  },
  /** Somebody throws the stop switch, and lets it go again. */
  Frozen: (draft) => {
    draft.policy(0, 'first', {}).policy(0, 'second', { applications: { denied: [OFFICE] } });
    draft.fleet(0, { freeze: draft.dice.chance(0.3) });
    for (let at = draft.moment(5, 14); at < 240; at += draft.moment(10, 60)) {
      draft.fleet(at * SECOND, { freeze: draft.dice.chance(0.5) });
    }
    draft.fleet(5 * MINUTE);
    return draft.story(sameWorkspaces(draft.dice, 6));
  },
  /** Two policies contradict each other. */
  Contradiction: (draft) => {
    const keeps = { applications: draft.dice.one([{ allowed: [VISIO] }, { required: [VISIO] }]) };
    draft.fleet(0).policy(0, 'first', keeps).policy(0, 'second', {});
    const at = draft.moment(60, 120) * SECOND;
    draft.policy(at, 'first', { ...keeps, priority: draft.dice.one([-1, 1]) });
    draft.policy(at + draft.moment(3, 60) * SECOND, 'first', keeps);
    return draft.story(sameWorkspaces(draft.dice, 5));
  },
  /** Maintenance windows open late, and close before all is done. */
  Windows: (draft) => {
    const [opens, lasts] = [draft.moment(2, 5), draft.moment(1, 3)];
    const first = { cron: cronAt(opens), duration: `${lasts}m` };
    const second = { cron: cronAt(opens + lasts + 4), duration: '60m' };
    draft.fleet(0).policy(0, 'first', {
      applications: { denied: [VISIO, OFFICE] },
      rollout: { userSessions: 'Interrupt', maxInProgress: 1, maintenanceWindows: [first, second] },
    });
    return draft.story(sameWorkspaces(draft.dice, 8), { ends: (opens + lasts + 8) * MINUTE });
  },
  /** More is to go than may go within an hour. */
  Hourly: (draft) => {
    const limit = draft.moment(3, 6);
    draft.fleet(0, { maxDisassociationsPerHour: limit });
    draft.policy(0, 'first', {}).policy(draft.moment(0, 40) * SECOND, 'second', { applications: { denied: [OFFICE] } });
    draft.fault('Restart', draft.moment(8, 60) * SECOND, 1).nuisance(60 * SECOND, 5 * MINUTE);
    return draft.story(sameWorkspaces(draft.dice, 5), { ends: 8 * MINUTE });
  },
  /** Nothing is heard of the API server any more, although leases can be renewed. */
  Deaf: (draft) => {
    const workspaces = sameWorkspaces(draft.dice, 4).map((one) => ({ ...one, connection: 'CONNECTED' }));
    draft.fleet(0).policy(0, 'first', { rollout: { userSessions: 'Wait' } });
    draft.fault('DeafWatches', 60 * SECOND, 8 * MINUTE);
    for (const { workspaceId } of workspaces) {
      const at = draft.moment(150, 400) * SECOND;
      draft.at(at, { do: 'Connection', workspaceId, connection: 'DISCONNECTED' });
    }
    return draft.story(workspaces, { ends: 10 * MINUTE });
  },
  /** The namespace of the policies gains and loses the label by which the fleet admits it. */
  Admission: (draft) => {
    const selector = draft.dice.one([
      { matchLabels: { team: 'desktops' } },
      { matchExpressions: [{ key: 'team', operator: 'In', values: ['desktops'] }] },
    ]);
    draft.fleet(0, { allowedNamespaces: { from: 'Selector', selector } }).policy(0, 'first', {});
    for (let at = draft.moment(5, 16); at < 200; at += draft.moment(10, 60)) {
      draft.at(at * SECOND, { do: 'Label', labels: { team: draft.dice.one(['desktops', 'others']) } });
    }
    draft.at(4 * MINUTE, { do: 'Label', labels: { team: 'desktops' } });
    return draft.story(sameWorkspaces(draft.dice, 6));
  },
  /** A fleet forbids exceptions, and a policy has some. */
  ForbiddenExceptions: (draft) => {
    const exceptions = [{ workspaceIds: ['ws-00000001'], application: VISIO, reason: 'audit' }];
    const forbids = { exceptions: 'Forbid' };
    draft
      .fleet(0, draft.dice.chance(0.5) ? forbids : {})
      .policy(0, 'first', { exceptions, applications: { denied: [OFFICE] } })
      .policy(0, 'second', {});
    draft.fleet(draft.moment(6, 40) * SECOND, forbids);
    draft.fleet(draft.moment(60, 120) * SECOND).fleet(draft.moment(121, 180) * SECOND, forbids);
    return draft.story(sameWorkspaces(draft.dice, 5));
  },
  /** Runs fail, and nothing but the queue brings them back. */
  FailedRuns: (draft) => {
    draft.fleet(0).policy(0, 'first', { interval: '5m' });
    draft.fault('StatusRefused', 0, draft.moment(60, 200) * SECOND);
    return draft.story(sameWorkspaces(draft.dice, 4), { asksAfterwards: false, doneWithin: 90 * MINUTE });
  },
  /** Deployments end in errors. */
  FailedDeployments: (draft) => {
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO], required: [OFFICE] } });
    draft.fault('DeploymentFails', 0, draft.moment(20, 200) * SECOND, {
      rate: draft.dice.one([0.5, 1]),
      amount: draft.moment(0, 5),
    });
    return draft.story(sameWorkspaces(draft.dice, 4));
  },
  /** AWS refuses every change of one WorkSpace, and fails others for a while. */
  Refused: (draft) => {
    draft
      .fleet(0)
      .policy(0, 'first', {})
      .policy(0, 'second', { applications: { denied: [OFFICE] } });
    draft.fault(
      draft.dice.one(['ServerError', 'ChangesDenied', 'ChangesDenied'] as const),
      8_000,
      draft.moment(30, 90) * SECOND,
      {
        rate: 0.4,
      },
    );
    for (let at = 8 * SECOND; at < 100 * SECOND; at += draft.moment(2, 9) * SECOND) {
      draft.at(at, { do: 'Request', name: draft.dice.one(['first', 'second']) });
    }
    return draft.story(sameWorkspaces(draft.dice, 5), { refuses: 'ws-00000001' });
  },
  /** Several policies have something to change on the same WorkSpaces at once. */
  Overlap: (draft) => {
    draft.fleet(0);
    for (const [name, id] of Object.entries({ first: VISIO, second: OFFICE, third: PROJECT })) {
      draft.policy(draft.moment(0, 2) * SECOND, name, { applications: { denied: [id] } });
    }
    draft.fault('SlowAnswers', 0, MINUTE, { rate: 0.5, amount: 500 });
    return draft.story(sameWorkspaces(draft.dice, 4));
  },
  /** Changes are made, and their answers lost. */
  LostAnswers: (draft) => {
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO], required: [OFFICE] } });
    draft.fault('LostAnswer', 0, draft.moment(30, 120) * SECOND, { rate: draft.dice.one([0.3, 0.6]) });
    return draft.story(sameWorkspaces(draft.dice, 5));
  },
  /** Somebody suspends a policy, and resumes it. */
  Suspended: (draft) => {
    draft.fleet(0).policy(0, 'first', { suspend: draft.dice.chance(0.5) });
    draft.fault('SlowAnswers', 0, 3 * MINUTE, { amount: 700 });
    for (let at = draft.moment(5, 14); at < 150; at += draft.moment(8, 50)) {
      draft.policy(at * SECOND, 'first', { suspend: draft.dice.chance(0.6) });
    }
    draft.policy(160 * SECOND, 'first', {});
    return draft.story(sameWorkspaces(draft.dice, 6));
  },
  /** Exceptions come, go and expire. */
  Excepted: (draft) => {
    const until = (minutes: number) => new Date(BEGINNING + minutes * MINUTE).toISOString();
    const excepting = (minutes: number) => ({
      exceptions: [
        {
          workspaceIds: ['ws-00000001', 'ws-00000002'],
          application: VISIO,
          reason: 'audit',
          expiresAt: until(minutes),
        },
      ],
    });
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE] }, ...excepting(draft.moment(2, 4)) });
    draft.policy(draft.moment(60, 100) * SECOND, 'second', { applications: { denied: [PROJECT] }, ...excepting(9) });
    return draft.story(sameWorkspaces(draft.dice, 4), { ends: 10 * MINUTE });
  },
  /** Policies that keep what others deny, by priority, and ones that have no vote. */
  Votes: (draft) => {
    const keeping = { applications: { allowed: [OFFICE] } };
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE] } });
    draft.policy(0, 'second', { ...keeping, priority: 1 });
    draft.policy(0, 'third', { applications: { allowed: [VISIO] }, priority: 2, enforcement: 'Audit' });
    draft.policy(draft.moment(60, 120) * SECOND, 'second', { ...keeping, priority: -1 });
    return draft.story(sameWorkspaces(draft.dice, 4));
  },
  /** No more than one WorkSpace may change at once. */
  OneAtATime: (draft) => {
    const rollout = { userSessions: 'Interrupt', maxInProgress: draft.dice.one([1, '20%']) };
    draft
      .fleet(0)
      .policy(0, 'first', { rollout })
      .nuisance(8 * SECOND, MINUTE);
    return draft.story(sameWorkspaces(draft.dice, 6), { ends: 5 * MINUTE });
  },
  /** People log on and off. */
  Sessions: (draft) => {
    const connections = ['CONNECTED', 'DISCONNECTED'] as const;
    draft.fleet(0).policy(0, 'first', { rollout: { userSessions: 'Wait' } });
    const workspaces = sameWorkspaces(draft.dice, 6).map((one) => ({
      ...one,
      connection: draft.dice.one(connections),
    }));
    for (const { workspaceId } of workspaces) {
      for (let at = draft.moment(5, 12); at < 100; at += draft.moment(3, 40)) {
        draft.at(at * SECOND, { do: 'Connection', workspaceId, connection: draft.dice.one(connections) });
      }
    }
    return draft.story(workspaces);
  },
  /** WorkSpaces are stopped, repaired and given back. */
  Unready: (draft) => {
    const states = ['AVAILABLE', 'MAINTENANCE', 'ERROR', 'STARTING'];
    draft.fleet(0).policy(0, 'first', {});
    const workspaces = sameWorkspaces(draft.dice, 6).map((one) => ({ ...one, state: draft.dice.one(states) }));
    for (const { workspaceId } of workspaces) {
      for (let at = draft.moment(5, 12); at < 100; at += draft.moment(5, 40)) {
        draft.at(at * SECOND, { do: 'State', workspaceId, state: draft.dice.one(states) });
      }
      draft.at(110 * SECOND, { do: 'State', workspaceId, state: 'AVAILABLE' });
    }
    return draft.story(workspaces);
  },
  /** People deploy, or leave it for later. */
  Manual: (draft) => {
    draft.fleet(0).policy(0, 'first', { rollout: { deploy: 'Manual' } });
    draft.at(draft.moment(20, 60) * SECOND, { do: 'Deploy', workspaceId: 'ws-00000001' });
    return draft.story(sameWorkspaces(draft.dice, 4));
  },
  /** Somebody else has begun changes that a deployment would carry out. */
  OthersChanges: (draft) => {
    draft.fleet(0).policy(0, 'first', {});
    const workspaces = sameWorkspaces(draft.dice, 4);
    for (const { workspaceId } of workspaces) {
      draft.at(draft.moment(1, 25) * SECOND, { do: 'Disassociate', workspaceId, applicationId: OFFICE.id });
    }
    return draft.story(workspaces);
  },
  /** A fleet has some directories only. */
  Boundary: (draft) => {
    const directoryIds = ['d-0000000001'];
    draft.fleet(0, draft.dice.chance(0.5) ? { directoryIds } : {}).policy(0, 'first', {});
    draft.fleet(draft.moment(6, 20) * SECOND, { directoryIds }).fleet(draft.moment(60, 90) * SECOND);
    return draft.story(sameWorkspaces(draft.dice, 6));
  },
  /** Something could never be installed again. */
  Irreversible: (draft) => {
    const denied = [{ name: 'Microsoft Office*' }];
    const workspaces = sameWorkspaces(draft.dice, 4).map((one) => ({
      ...one,
      applications: [OFFICE.id, 'wsa-office019'],
    }));
    const safeguards = (allowUninstallOnly: boolean) => ({ maxAffectedWorkspaces: '100%', allowUninstallOnly });
    draft.fleet(0).policy(0, 'first', { applications: { denied }, safeguards: safeguards(false) });
    draft.policy(draft.moment(2, 4) * MINUTE, 'first', {
      applications: { denied },
      safeguards: safeguards(draft.dice.chance(0.5)),
    });
    return draft.story(workspaces);
  },
  /** Every field of both kinds is changed, and changed back. */
  Fields: (draft) => {
    const { dice } = draft;
    const workspaces = sameWorkspaces(dice, 4).map((one) => ({ ...one, lastConnectedAgo: dice.one(['30m', '3h']) }));
    draft
      .fleet(0, BASE_FLEET)
      .policy(0, 'first', BASE_POLICY)
      .policy(0, 'second', { applications: { denied: [OFFICE] } });
    for (let at = draft.moment(4, 20); at < 300; at += draft.moment(10, 50)) {
      if (dice.chance(0.35)) {
        draft.fleet(at * SECOND, { ...BASE_FLEET, ...dice.one(FLEET_EDITS) });
        draft.fleet((at + draft.moment(3, 40)) * SECOND, BASE_FLEET);
      } else {
        draft.policy(at * SECOND, 'first', { ...BASE_POLICY, ...dice.one(POLICY_EDITS) });
        draft.policy((at + draft.moment(3, 40)) * SECOND, 'first', BASE_POLICY);
      }
    }
    draft.fleet(6 * MINUTE, BASE_FLEET).policy(6 * MINUTE, 'first', BASE_POLICY);
    return draft.story(workspaces);
  },
  /** Names of applications that mean several, or that only a regular expression would find. */
  Names: (draft) => {
    const ambiguous = { required: [{ name: 'Microsoft Office*' }], denied: [VISIO] };
    const looksLike = draft.dice.one([
      'Microsoft.Visio*',
      '.*',
      'Microsoft (Visio|Project)*',
      'Microsoft Visio.*2021',
      '[M]*',
    ]);
    draft.fleet(0).policy(0, 'first', { applications: ambiguous });
    draft.policy(0, 'second', { applications: { denied: [{ name: looksLike }] } });
    draft.policy(draft.moment(60, 120) * SECOND, 'third', {
      applications: { denied: [{ name: 'Microsoft P?oject*' }] },
    });
    return draft.story(sameWorkspaces(draft.dice, 4).map((one) => ({ ...one, applications: [VISIO.id, PROJECT.id] })));
  },
  /** Something in between answers with nothing. */
  EmptyBodies: (draft) => {
    const applications = { denied: [VISIO], required: [OFFICE] };
    draft.fleet(0).policy(0, 'first', { applications });
    draft.fault('EmptyBodies', 0, draft.moment(60, 240) * SECOND, { rate: draft.dice.one([0.3, 0.6]) });
    const workspaces = sameWorkspaces(draft.dice, 4).map((one, index) => ({
      ...one,
      tags: index % 2 === 0 ? { 'wsap.dev/protect': '' } : {},
    }));
    return draft.story(workspaces);
  },
  /** The account isn't the one that a fleet expects. */
  Accounts: (draft) => {
    const wrong = { expectedAccountID: '210987654321' };
    draft.fleet(0, draft.dice.chance(0.5) ? wrong : {}).policy(0, 'first', {});
    draft.fleet(draft.moment(6, 30) * SECOND, wrong);
    draft.fleet(draft.moment(60, 120) * SECOND, { expectedAccountID: '123456789012' });
    return draft.story(sameWorkspaces(draft.dice, 5));
  },
  /** Shares that only round down to what is enough. */
  Shares: (draft) => {
    const workspaces = sameWorkspaces(draft.dice, 5).map((one, index) => ({
      ...one,
      applications: index < 3 ? [VISIO.id] : [],
    }));
    draft.fleet(0).policy(0, 'first', { safeguards: { maxAffectedWorkspaces: '50%' } });
    return draft.story(workspaces);
  },
} satisfies Readonly<Record<string, (draft: Draft) => Story>>;

export type StoryName = keyof typeof STORIES;

/** A schedule that is aimed at one rule. */
export function storyOf(name: StoryName, dice: Dice): Story {
  return STORIES[name](new Draft(dice));
}
