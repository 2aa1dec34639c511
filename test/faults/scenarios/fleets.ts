import { OFFICE, VISIO } from '../applications.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
import { MINUTE } from '../schedule.ts';
import { type Scenarios, SECOND } from './draft.ts';

/** Scenarios of fleet limits. */
export const FLEET_SCENARIOS = {
  /** A fleet is suspended and resumed. */
  FleetSuspended: (draft) => {
    draft.policy(0, 'first', {}).policy(0, 'second', { applications: { denied: [OFFICE] } });
    draft.fleet(0, { suspend: draft.rng.chance(0.3) });
    for (let at = draft.moment(5, 14); at < 240; at += draft.moment(10, 60)) {
      draft.fleet(at * SECOND, { suspend: draft.rng.chance(0.5) });
    }
    draft.fleet(5 * MINUTE);
    return draft.scenario(sameWorkspaces(draft.rng, 6));
  },
  /** The namespace of the policies gains and loses the label that the fleet requires. */
  NamespaceAdmission: (draft) => {
    const selector = draft.rng.one([
      { matchLabels: { team: 'desktops' } },
      { matchExpressions: [{ key: 'team', operator: 'In', values: ['desktops'] }] },
    ]);
    draft.fleet(0, { allowedNamespaces: { from: 'Selector', selector } }).policy(0, 'first', {});
    for (let at = draft.moment(5, 16); at < 200; at += draft.moment(10, 60)) {
      draft.at(at * SECOND, { do: 'Label', labels: { team: draft.rng.one(['desktops', 'others']) } });
    }
    draft.at(4 * MINUTE, { do: 'Label', labels: { team: 'desktops' } });
    return draft.scenario(sameWorkspaces(draft.rng, 6));
  },
  /** A policy names no fleet, and no fleet `default` exists. Another fleet may appear. */
  PolicyWithoutFleet: (draft) => {
    draft.policy(0, 'first', { fleetRef: undefined });
    draft.policy(draft.moment(0, 30) * SECOND, 'second', { applications: { denied: [OFFICE] } });
    draft.fleet(draft.moment(60, 120) * SECOND);
    return draft.scenario(sameWorkspaces(draft.rng, 5));
  },
  /** A fleet forbids exceptions, and a policy has one. */
  ForbiddenExceptions: (draft) => {
    const exceptions = [{ workspaceIDs: ['ws-00000001'], application: VISIO, reason: 'audit' }];
    const forbids = { exceptions: 'Forbid' };
    draft
      .fleet(0, draft.rng.chance(0.5) ? forbids : {})
      .policy(0, 'first', { exceptions, applications: { denied: [OFFICE] } })
      .policy(0, 'second', {});
    draft.fleet(draft.moment(6, 40) * SECOND, forbids);
    draft.fleet(draft.moment(60, 120) * SECOND).fleet(draft.moment(121, 180) * SECOND, forbids);
    return draft.scenario(sameWorkspaces(draft.rng, 5));
  },
  /** The account differs from the expected account of the fleet. */
  UnexpectedAccount: (draft) => {
    const wrong = { expectedAccountID: '210987654321' };
    draft.fleet(0, draft.rng.chance(0.5) ? wrong : {}).policy(0, 'first', {});
    draft.fleet(draft.moment(6, 30) * SECOND, wrong);
    draft.fleet(draft.moment(60, 120) * SECOND, { expectedAccountID: '123456789012' });
    return draft.scenario(sameWorkspaces(draft.rng, 5));
  },
  /** A fleet is restricted to some directories. */
  FleetBoundary: (draft) => {
    const directoryIDs = ['d-0000000001'];
    draft.fleet(0, draft.rng.chance(0.5) ? { directoryIDs } : {}).policy(0, 'first', {});
    draft.fleet(draft.moment(6, 20) * SECOND, { directoryIDs }).fleet(draft.moment(60, 90) * SECOND);
    return draft.scenario(sameWorkspaces(draft.rng, 6));
  },
} satisfies Scenarios;
