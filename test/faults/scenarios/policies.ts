import { OFFICE, PROJECT, VISIO } from '../applications.ts';
import { BASE_FLEET, BASE_POLICY, FLEET_EDITS, POLICY_EDITS } from '../fields.ts';
import { INVALID_INTERVAL } from '../manifests.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
import { MINUTE } from '../schedule.ts';
import { START_TIME } from '../time.ts';
import { type Scenarios, SECOND } from './draft.ts';

/** Scenarios of policies and their conflicts. */
export const POLICY_SCENARIOS = {
  /** A policy that protects applications is renamed, edited repeatedly, suspended, or deleted. */
  ProtectionEnds: (draft) => {
    const { rng } = draft;
    const keeps = { priority: 1, applications: { allowed: [VISIO, OFFICE] } };
    draft
      .fleet(0)
      .policy(0, 'first', keeps)
      .policy(0, 'second', { applications: { denied: [VISIO, OFFICE] } });
    const at = draft.moment(30, 90) * SECOND;
    rng.one([
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
    draft.recoverableFault(at, at + 2 * MINUTE);
    return draft.scenario(sameWorkspaces(rng, 5));
  },
  /** Policies become invalid during a run, and are fixed immediately. */
  InvalidDuringRun: (draft) => {
    draft.fleet(0).fault('SlowResponses', 5 * SECOND, 3 * MINUTE, { amount: draft.rng.one([500, 1_000]) });
    for (const [index, id] of [VISIO, OFFICE, PROJECT].entries()) {
      const [name, at] = [`policy-${index}`, (10 + 40 * index) * SECOND];
      const spec = { applications: { denied: [id] } };
      const brokenAt = at + draft.moment(500, 4_000);
      draft.policy(at, name, spec).policy(brokenAt, name, { ...spec, interval: INVALID_INTERVAL });
      draft.policy(brokenAt + draft.moment(500, 4_000), name, spec);
    }
    return draft.scenario(sameWorkspaces(draft.rng, 3));
  },
  /** Policies in audit mode, together with enforcing ones. */
  AuditMode: (draft) => {
    const { rng } = draft;
    const audit = { enforcement: 'Audit', applications: { denied: [VISIO, OFFICE], required: [PROJECT] } };
    draft
      .fleet(0)
      .policy(0, 'first', audit)
      .policy(0, 'second', { applications: { denied: [OFFICE] } });
    const from = draft.moment(60, 100) * SECOND;
    draft.policy(from, 'first', { ...audit, enforcement: rng.one(['Approve', 'Enforce']) });
    draft.policy(from + draft.moment(1, 40) * SECOND, 'first', audit);
    return draft.scenario(sameWorkspaces(rng, 5));
  },
  /** Two policies contradict each other. */
  PoliciesConflict: (draft) => {
    const keeps = { applications: draft.rng.one([{ allowed: [VISIO] }, { required: [VISIO] }]) };
    draft.fleet(0).policy(0, 'first', keeps).policy(0, 'second', {});
    const at = draft.moment(60, 120) * SECOND;
    draft.policy(at, 'first', { ...keeps, priority: draft.rng.one([-1, 1]) });
    draft.policy(at + draft.moment(3, 60) * SECOND, 'first', keeps);
    return draft.scenario(sameWorkspaces(draft.rng, 5));
  },
  /** Policies with priorities keep applications that others deny. A policy in audit mode doesn't count. */
  Priorities: (draft) => {
    const keeping = { applications: { allowed: [OFFICE] } };
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE] } });
    draft.policy(0, 'second', { ...keeping, priority: 1 });
    draft.policy(0, 'third', { applications: { allowed: [VISIO] }, priority: 2, enforcement: 'Audit' });
    draft.policy(draft.moment(60, 120) * SECOND, 'second', { ...keeping, priority: -1 });
    return draft.scenario(sameWorkspaces(draft.rng, 4));
  },
  /** Exceptions are added, removed, and expire. */
  Exceptions: (draft) => {
    const until = (minutes: number) => new Date(START_TIME + minutes * MINUTE).toISOString();
    const excepting = (minutes: number) => ({
      exceptions: [
        {
          workspaceIDs: ['ws-00000001', 'ws-00000002'],
          application: VISIO,
          reason: 'audit',
          expiresAt: until(minutes),
        },
      ],
    });
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE] }, ...excepting(draft.moment(2, 4)) });
    draft.policy(draft.moment(60, 100) * SECOND, 'second', { applications: { denied: [PROJECT] }, ...excepting(9) });
    return draft.scenario(sameWorkspaces(draft.rng, 4), { ends: 10 * MINUTE });
  },
  /** A policy is suspended and resumed. */
  Suspended: (draft) => {
    draft.fleet(0).policy(0, 'first', { suspend: draft.rng.chance(0.5) });
    draft.fault('SlowResponses', 0, 3 * MINUTE, { amount: 700 });
    for (let at = draft.moment(5, 14); at < 150; at += draft.moment(8, 50)) {
      draft.policy(at * SECOND, 'first', { suspend: draft.rng.chance(0.6) });
    }
    draft.policy(160 * SECOND, 'first', {});
    return draft.scenario(sameWorkspaces(draft.rng, 6));
  },
  /** A policy or its fleet is suspended while the policy makes changes and many others wait. */
  SuspendedUnderLoad: (draft) => {
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE] } });
    draft.fault('SlowResponses', 0, 2 * MINUTE, { amount: 300 });
    for (let n = 0; n < 12; n++) {
      draft.policy(draft.moment(0, 12) * SECOND, `audit-${n}`, { enforcement: 'Audit' });
    }
    const at = draft.moment(6, 25) * SECOND;
    if (draft.rng.chance(0.5)) {
      draft.policy(at, 'first', { applications: { denied: [VISIO, OFFICE] }, suspend: true });
      draft.policy(at + 30 * SECOND, 'first', { applications: { denied: [VISIO, OFFICE] } });
    } else {
      draft.fleet(at, { suspend: true }).fleet(at + 30 * SECOND);
    }
    return draft.scenario(sameWorkspaces(draft.rng, 8));
  },
  /** Names of applications that match several applications, or that only a regular expression would match. */
  ApplicationNames: (draft) => {
    const ambiguous = { required: [{ name: 'Microsoft Office*' }], denied: [VISIO] };
    const looksLike = draft.rng.one([
      'Microsoft.Visio*',
      '.*',
      'Microsoft (Visio|Project)*',
      'Microsoft Visio.*2021',
      '[M]*',
      'Microsoft Visio LTSC Professional 202.',
      'Microsoft (Visio|Project) LTSC Professional 2021',
    ]);
    draft.fleet(0).policy(0, 'first', { applications: ambiguous });
    draft.policy(0, 'second', { applications: { denied: [{ name: looksLike }] } });
    draft.policy(draft.moment(60, 120) * SECOND, 'third', {
      applications: { denied: [{ name: 'Microsoft P?oject*' }] },
    });
    return draft.scenario(
      sameWorkspaces(draft.rng, 4).map((one) => ({ ...one, applications: [VISIO.id, PROJECT.id] })),
    );
  },
  /** Several policies change the same WorkSpaces at the same time. */
  OverlappingPolicies: (draft) => {
    draft.fleet(0);
    for (const [name, id] of Object.entries({ first: VISIO, second: OFFICE, third: PROJECT })) {
      draft.policy(draft.moment(0, 2) * SECOND, name, { applications: { denied: [id] } });
    }
    draft.fault('SlowResponses', 0, MINUTE, { rate: 0.5, amount: 500 });
    return draft.scenario(sameWorkspaces(draft.rng, 4));
  },
  /** An application that can't be reinstalled is due for removal. */
  UninstallOnly: (draft) => {
    const denied = [{ name: 'Microsoft Office*' }];
    const workspaces = sameWorkspaces(draft.rng, 4).map((one) => ({
      ...one,
      applications: [OFFICE.id, 'wsa-office019'],
    }));
    const safeguards = (allowUninstallOnly: boolean) => ({ maxAffectedWorkspaces: '100%', allowUninstallOnly });
    draft.fleet(0).policy(0, 'first', { applications: { denied }, safeguards: safeguards(false) });
    draft.policy(draft.moment(2, 4) * MINUTE, 'first', {
      applications: { denied },
      safeguards: safeguards(draft.rng.chance(0.5)),
    });
    return draft.scenario(workspaces);
  },
  /** Every field of both kinds is changed and changed back. */
  FieldEdits: (draft) => {
    const { rng } = draft;
    const workspaces = sameWorkspaces(rng, 4).map((one) => ({ ...one, lastConnectedAgo: rng.one(['30m', '3h']) }));
    draft
      .fleet(0, BASE_FLEET)
      .policy(0, 'first', BASE_POLICY)
      .policy(0, 'second', { applications: { denied: [OFFICE] } });
    for (let at = draft.moment(4, 20); at < 300; at += draft.moment(10, 50)) {
      if (rng.chance(0.35)) {
        draft.fleet(at * SECOND, { ...BASE_FLEET, ...rng.one(FLEET_EDITS) });
        draft.fleet((at + draft.moment(3, 40)) * SECOND, BASE_FLEET);
      } else {
        draft.policy(at * SECOND, 'first', { ...BASE_POLICY, ...rng.one(POLICY_EDITS) });
        draft.policy((at + draft.moment(3, 40)) * SECOND, 'first', BASE_POLICY);
      }
    }
    draft.fleet(6 * MINUTE, BASE_FLEET).policy(6 * MINUTE, 'first', BASE_POLICY);
    return draft.scenario(workspaces);
  },
} satisfies Scenarios;
