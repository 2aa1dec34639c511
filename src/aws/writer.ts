import {
  AssociateWorkspaceApplicationCommand,
  DeployWorkspaceApplicationsCommand,
  DisassociateWorkspaceApplicationCommand,
} from '@aws-sdk/client-workspaces';
import type { Association } from '../fleet/model.ts';
import type { CallRecorder, FleetWriter, Precondition } from '../fleet/ports.ts';
import { toChangedAssociation, toDeployedAssociations } from './mapping.ts';
import type { RateLimitedClient } from './rateLimitedClient.ts';

/** Makes changes through the WorkSpaces API. All changes are urgent. */
export class WorkSpacesWriter implements FleetWriter {
  readonly #api: RateLimitedClient;

  constructor(api: RateLimitedClient) {
    this.#api = api;
  }

  associateWorkspaceApplication(
    workspaceID: string,
    applicationID: string,
    precondition?: Precondition,
    recorder?: CallRecorder,
  ): Promise<Association | undefined> {
    return this.#api.send(
      {
        target: { operation: 'AssociateWorkspaceApplication', workspaceID, applicationID },
        send: (client, options) =>
          client.send(
            new AssociateWorkspaceApplicationCommand({ WorkspaceId: workspaceID, ApplicationId: applicationID }),
            options,
          ),
        parse: (response) => toChangedAssociation(response, workspaceID),
        precondition,
        recorder,
      },
      'urgent',
    );
  }

  disassociateWorkspaceApplication(
    workspaceID: string,
    applicationID: string,
    precondition?: Precondition,
    recorder?: CallRecorder,
  ): Promise<Association | undefined> {
    return this.#api.send(
      {
        target: { operation: 'DisassociateWorkspaceApplication', workspaceID, applicationID },
        send: (client, options) =>
          client.send(
            new DisassociateWorkspaceApplicationCommand({ WorkspaceId: workspaceID, ApplicationId: applicationID }),
            options,
          ),
        parse: (response) => toChangedAssociation(response, workspaceID),
        precondition,
        recorder,
      },
      'urgent',
    );
  }

  deployWorkspaceApplications(
    workspaceID: string,
    options: { readonly force: boolean },
    precondition?: Precondition,
    recorder?: CallRecorder,
  ): Promise<Association[]> {
    return this.#api.send(
      {
        target: { operation: 'DeployWorkspaceApplications', workspaceID },
        send: (client, http) =>
          client.send(new DeployWorkspaceApplicationsCommand({ WorkspaceId: workspaceID, Force: options.force }), http),
        parse: (response) => toDeployedAssociations(response, workspaceID),
        precondition,
        recorder,
      },
      'urgent',
    );
  }
}
