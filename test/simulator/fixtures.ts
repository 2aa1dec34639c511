import { type Seed, seedFrom } from '../../src/simulator/seed.ts';
import type { SeedDocument, WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import { SimulatedWorkSpaces } from '../../src/simulator/simulatedWorkspaces.ts';
import type { JsonObject } from '../../src/simulator/validate.ts';
import { VirtualClock } from '../fakes/clock.ts';

export const VISIO = 'wsa-visio2021';
export const OFFICE = 'wsa-office2021';
export const OFFICE_2019 = 'wsa-office2019';
export const IN_HOUSE = 'wsa-inhouse01';
export const DIRECTORY = 'd-0000000001';
export const ALICE = 'ws-alice0001';
export const BOB = 'ws-bob000001';

/** Time in each state. A removed association is listed for 60 seconds. */
const DURATIONS = { pending: '1s', installing: '20s', uninstalling: '10s', removedListed: '60s' };

export function workspace(workspaceID: string, more: Partial<WorkspaceDocument> = {}): WorkspaceDocument {
  return { workspaceID, userName: workspaceID.slice(3), directoryID: DIRECTORY, bundleID: 'wsb-00000001', ...more };
}

/** Returns a seed in which Alice has Visio and Office, and Bob has nothing. */
export function seedOf(document: Partial<SeedDocument> = {}): Seed {
  return seedFrom({
    durations: DURATIONS,
    applications: [
      { applicationID: VISIO, name: 'Microsoft Visio LTSC Professional 2021' },
      { applicationID: OFFICE, name: 'Microsoft Office LTSC Professional Plus 2021' },
      { applicationID: OFFICE_2019, name: 'Microsoft Office 2019', state: 'UNINSTALL_ONLY' },
      { applicationID: IN_HOUSE, name: 'Ledger', owner: '123456789012', licenseType: 'UNLICENSED' },
    ],
    workspaces: [workspace(ALICE, { applications: [VISIO, OFFICE], connection: 'CONNECTED' }), workspace(BOB)],
    ...document,
  });
}

/** Returns a simulated service on virtual time with shorthands for calls and states. */
export function simulate(
  document: Partial<SeedDocument> = {},
  failureOf?: ConstructorParameters<typeof SimulatedWorkSpaces>[0]['failureOf'],
) {
  const clock = new VirtualClock();
  const simulated = new SimulatedWorkSpaces({
    seed: seedOf(document),
    clock,
    ...(failureOf === undefined ? {} : { failureOf }),
  });
  return {
    clock,
    simulated,
    call: (operation: string, input: JsonObject = {}) => simulated.call(operation, input),
    disassociate: (WorkspaceId: string, ApplicationId: string) =>
      simulated.call('DisassociateWorkspaceApplication', { WorkspaceId, ApplicationId }),
    associate: (WorkspaceId: string, ApplicationId: string) =>
      simulated.call('AssociateWorkspaceApplication', { WorkspaceId, ApplicationId }),
    deploy: (WorkspaceId: string, Force = false) =>
      simulated.call('DeployWorkspaceApplications', { WorkspaceId, Force }),
    /** Returns `STATE` or `STATE: errorCode` of an association, or undefined if it isn't listed. */
    stateOf: (WorkspaceId: string, applicationID: string): string | undefined => {
      const found = associationsIn(
        simulated.call('DescribeWorkspaceAssociations', { WorkspaceId, AssociatedResourceTypes: ['APPLICATION'] }),
      ).find(({ AssociatedResourceId }) => AssociatedResourceId === applicationID);
      const reason = found?.StateReason?.ErrorCode;
      return reason === undefined ? found?.State : `${found?.State}: ${reason}`;
    },
    workspaceState: (id: string) => simulated.workspaces.find(({ workspaceID }) => workspaceID === id)?.state,
  };
}

export interface WireAssociation {
  readonly WorkspaceId?: string;
  readonly AssociatedResourceId: string;
  readonly State: string;
  readonly StateReason?: { readonly ErrorCode?: string; readonly ErrorMessage?: string };
  readonly Created: number;
  readonly LastUpdatedTime: number;
}

export function associationsIn(output: JsonObject): WireAssociation[] {
  const deployment = output.Deployment as { Associations: WireAssociation[] } | undefined;
  return (output.Associations as WireAssociation[] | undefined) ?? deployment?.Associations ?? [];
}

/** Returns the error of a call, formatted as `Type: message`. */
export function rejectionOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    const { type, message } = error as { type?: string; message: string };
    return `${type}: ${message}`;
  }
  return 'not rejected';
}
