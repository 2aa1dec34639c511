import { NEW_OFFICE, OFFICE, PROJECT, REPLACEMENT_APPLICATIONS, VISIO } from '../applications.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
import { MINUTE } from '../schedule.ts';
import { type Draft, type Scenario, type Scenarios, SECOND } from './draft.ts';

/** Scenarios of WorkSpaces and their users. */
export const WORKSPACE_SCENARIOS = {
  /** A removed application keeps coming back, across restarts. */
  Reinstalled: (draft) => {
    const { rng } = draft;
    const workspaces = sameWorkspaces(rng, 3);
    draft.fleet(0).policy(0, 'first', { interval: '1m' });
    const every = rng.number(3, 9);
    for (let time = 1; time <= 6; time++) {
      draft.at(time * every * MINUTE, { do: 'Rebuild', workspaceID: 'ws-00000001' });
      const at = time * every * MINUTE;
      rng.one([
        () => draft.recoverableFault(at + MINUTE, at + 2 * MINUTE),
        () => draft.fault('CrashOnRemoval', at, 2 * MINUTE, { rate: 0.5 }),
        () => {},
      ])();
    }
    return draft.scenario(workspaces);
  },
  /** A WorkSpace is rebuilt while AWS uninstalls an application of its image. */
  ReinstalledDuringRemoval: (draft) => {
    draft.fleet(0).policy(0, 'first', { interval: '30s' });
    for (let at = draft.moment(12, 30); at < 400; at += draft.moment(20, 60)) {
      draft.at(at * SECOND, { do: 'Rebuild', workspaceID: 'ws-00000001' });
    }
    draft.fault('CrashOnRemoval', 20 * SECOND, 6 * MINUTE, { rate: 0.3 });
    return draft.scenario(sameWorkspaces(draft.rng, 2));
  },
  /** A removed application keeps coming back, while the fleet admits the policy only at times. */
  ReinstalledWhileNotAdmitted: (draft) => {
    const { rng } = draft;
    draft.fleet(0, { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'desktops' } } } });
    draft.policy(0, 'first', { interval: '30s' });
    const every = rng.number(3, 5);
    for (let time = 1; time <= 6; time++) {
      const at = time * every * MINUTE;
      draft.at(at, { do: 'Rebuild', workspaceID: 'ws-00000001' });
      if (rng.chance(0.7)) {
        draft.at(at + 80 * SECOND, { do: 'Label', labels: { team: 'others' } });
        draft.fault('Restart', at + draft.moment(85, 110) * SECOND, 1);
        draft.at(at + 120 * SECOND, { do: 'Label', labels: { team: 'desktops' } });
      }
    }
    return draft.scenario(sameWorkspaces(rng, 3));
  },
  /** A removed application keeps coming back, and processes start while the fleet is restricted to other directories. */
  ReinstalledWhileRestricted: (draft) => {
    const { rng } = draft;
    // The operator reads the WorkSpaces one by one, so it sees no associations outside the directories.
    const applications = { allowed: [OFFICE, PROJECT], unlisted: 'Disassociate' };
    draft.fleet(0).policy(0, 'first', { interval: '30s', applications });
    const every = rng.number(3, 5);
    for (let time = 0; time < 6; time++) {
      const at = (time * every + 1) * MINUTE;
      draft.at(at, { do: 'Rebuild', workspaceID: 'ws-00000001' });
      draft.at(at + SECOND, { do: 'Request', name: 'first' });
      draft.fault('CrashOnRemoval', at, 60 * SECOND, { rate: 0.7 });
      // The removal follows the grace period, and the next process starts soon after the crash.
      draft.fleet(at + draft.moment(7_000, 12_000), { directoryIDs: ['d-0000000002'] });
      draft.fleet(at + draft.moment(80, 150) * SECOND);
    }
    return draft.scenario(sameWorkspaces(rng, 2).map((one) => ({ ...one, directoryID: 'd-0000000001' })));
  },
  /** Users connect and disconnect. */
  UserSessions: (draft) => {
    const connections = ['CONNECTED', 'DISCONNECTED'] as const;
    draft.fleet(0).policy(0, 'first', { rollout: { userSessions: 'Wait' } });
    const workspaces = sameWorkspaces(draft.rng, 6).map((one) => ({
      ...one,
      connection: draft.rng.one(connections),
    }));
    for (const { workspaceID } of workspaces) {
      for (let at = draft.moment(5, 12); at < 100; at += draft.moment(3, 40)) {
        draft.at(at * SECOND, { do: 'Connection', workspaceID, connection: draft.rng.one(connections) });
      }
    }
    return draft.scenario(workspaces);
  },
  /** Users leave, and come back. AWS checks some connections rarely or never. */
  OpenWork: (draft) => {
    const { rng } = draft;
    draft.fleet(0).policy(0, 'first', { rollout: { userSessions: 'Wait', disconnectedFor: rng.one(['40s', '2m']) } });
    const workspaces = sameWorkspaces(rng, 8).map((one, index) => ({
      ...one,
      lastConnectedAgo: rng.one(['1s', '20s', '90s', '1d']),
      ...(index === 5 && { connectionCheckedAgo: 'never' }),
      ...(index === 6 && { connectionCheckedAgo: '45m', lastConnectedAgo: '1d' }),
      ...(index === 7 && { runningMode: 'MANUAL', lastConnectedAgo: '1d' }),
    }));
    for (const { workspaceID } of workspaces.slice(0, 5)) {
      for (let at = draft.moment(5, 12); at < 150; at += draft.moment(10, 60)) {
        draft.at(at * SECOND, { do: 'Connection', workspaceID, connection: 'CONNECTED' });
        draft.at((at + draft.moment(2, 9)) * SECOND, { do: 'Connection', workspaceID, connection: 'DISCONNECTED' });
      }
      if (rng.chance(0.3)) {
        draft.at(draft.moment(5, 60) * SECOND, { do: 'State', workspaceID, state: 'STOPPED' });
      }
    }
    return draft.scenario(workspaces);
  },
  /** WorkSpaces are stopped, repaired, and made available. */
  WorkspaceNotReady: (draft) => {
    const states = ['AVAILABLE', 'MAINTENANCE', 'ERROR', 'STARTING'];
    draft.fleet(0).policy(0, 'first', {});
    const workspaces = sameWorkspaces(draft.rng, 6).map((one) => ({ ...one, state: draft.rng.one(states) }));
    for (const { workspaceID } of workspaces) {
      for (let at = draft.moment(5, 12); at < 100; at += draft.moment(5, 40)) {
        draft.at(at * SECOND, { do: 'State', workspaceID, state: draft.rng.one(states) });
      }
      draft.at(110 * SECOND, { do: 'State', workspaceID, state: 'AVAILABLE' });
    }
    return draft.scenario(workspaces);
  },
  /** One policy replaces an application. AWS rejects the new one on some WorkSpaces, and in several ways. */
  Replacements: (draft) => {
    const both = { denied: [OFFICE], required: [NEW_OFFICE] };
    const replacements = draft.rng.one(['Together', 'Together', 'Together', 'Sequential']);
    const deploy = draft.rng.one(['Automatic', 'Automatic', 'Automatic', 'Manual']);
    const rollout = { userSessions: 'Interrupt', replacements, deploy };
    draft.fleet(0).policy(0, 'first', { applications: both, rollout });
    return replacing(draft);
  },
  /** One policy removes an application, and another requires its replacement. Others also change the WorkSpaces. */
  ReplacementsByTwoPolicies: (draft) => {
    draft.fleet(0).policy(draft.moment(0, 30) * SECOND, 'first', { applications: { denied: [OFFICE] } });
    draft.policy(draft.moment(0, 30) * SECOND, 'second', { applications: { required: [NEW_OFFICE] } });
    draft.policy(draft.moment(0, 60) * SECOND, 'third', {
      applications: { denied: [PROJECT] },
      safeguards: { maxAffectedWorkspaces: '100%', unmanagedPendingChanges: draft.rng.one(['Hold', 'Deploy']) },
    });
    return replacing(draft);
  },
  /** A user starts changes that a deployment would carry out. */
  UnmanagedChanges: (draft) => {
    draft.fleet(0).policy(0, 'first', {});
    const workspaces = sameWorkspaces(draft.rng, 4);
    for (const { workspaceID } of workspaces) {
      draft.at(draft.moment(1, 25) * SECOND, { do: 'Disassociate', workspaceID, applicationID: OFFICE.id });
    }
    return draft.scenario(workspaces);
  },
} satisfies Scenarios;

/** Returns a scenario in which some WorkSpaces can't have the new Office, and the operator stops and users act at any time. */
function replacing(draft: Draft): Scenario {
  const { rng } = draft;
  const workspaces = sameWorkspaces(rng, 5).map((one) => ({
    ...one,
    // AWS accepts the new Office only without applications of another version.
    applications: rng.chance(0.2) ? [OFFICE.id, VISIO.id] : [OFFICE.id],
  }));
  for (let count = rng.number(0, 3); count > 0; count--) {
    draft.recoverableFault(5 * SECOND, 3 * MINUTE);
  }
  if (rng.chance(0.4)) {
    draft.fault('CrashOnRemoval', 5 * SECOND, 2 * MINUTE, { rate: 0.5 });
  }
  const ids = workspaces.map(({ workspaceID }) => workspaceID ?? '');
  const rejecting = rng.some(ids, 0.4);
  if (rng.chance(0.3)) {
    const at = draft.moment(10, 120) * SECOND;
    draft.at(at, { do: rng.one(['Deploy', 'Rebuild'] as const), workspaceID: rng.one(ids) });
  }
  return draft.scenario(workspaces, {
    applications: REPLACEMENT_APPLICATIONS,
    undocumented: {
      incompatibleUntil: rng.one(['Disassociated', 'Disassociated', 'Deployed']),
      swapOrder: rng.one(['UninstallFirst', 'UninstallFirst', 'InstallFirst']),
    },
    rejectsInstallations: { of: NEW_OFFICE.id, on: [...rejecting, ...ids.filter((_, n) => hasVisio(workspaces[n]))] },
  });
}

function hasVisio({ applications = [] }: Scenario['workspaces'][number] = {} as never): boolean {
  return applications.some((one) => one === VISIO.id);
}
