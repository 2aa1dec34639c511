import {
  AssociateWorkspaceApplicationCommand,
  DeployWorkspaceApplicationsCommand,
  DisassociateWorkspaceApplicationCommand,
} from '@aws-sdk/client-workspaces';
import type { Association } from '../fleet/model.ts';
import type { FleetWriter, Precondition } from '../fleet/ports.ts';
import { toChangedAssociation, toDeployedAssociations } from './mapping.ts';
import type { RateLimitedClient } from './rateLimitedClient.ts';

/** Changes through the WorkSpaces API; all of them are urgent. */
export class WorkSpacesWriter implements FleetWriter {
  readonly #sender: RateLimitedClient;

  constructor(sender: RateLimitedClient) {
    this.#sender = sender;
  }

  associateWorkspaceApplication(
    workspaceID: string,
    applicationID: string,
    precondition?: Precondition,
  ): Promise<Association | undefined> {
    return this.#sender.send(
      {
        subject: { operation: 'AssociateWorkspaceApplication', workspaceID, applicationID },
        send: (client, options) =>
          client.send(
            new AssociateWorkspaceApplicationCommand({ WorkspaceId: workspaceID, ApplicationId: applicationID }),
            options,
          ),
        parse: (answer) => toChangedAssociation(answer, workspaceID),
        precondition,
      },
      'urgent',
    );
  }

  disassociateWorkspaceApplication(
    workspaceID: string,
    applicationID: string,
    precondition?: Precondition,
  ): Promise<Association | undefined> {
    return this.#sender.send(
      {
        subject: { operation: 'DisassociateWorkspaceApplication', workspaceID, applicationID },
        send: (client, options) =>
          client.send(
            new DisassociateWorkspaceApplicationCommand({ WorkspaceId: workspaceID, ApplicationId: applicationID }),
            options,
          ),
        parse: (answer) => toChangedAssociation(answer, workspaceID),
        precondition,
      },
      'urgent',
    );
  }

  deployWorkspaceApplications(
    workspaceID: string,
    options: { readonly force: boolean },
    precondition?: Precondition,
  ): Promise<Association[]> {
    return this.#sender.send(
      {
        subject: { operation: 'DeployWorkspaceApplications', workspaceID },
        send: (client, http) =>
          client.send(new DeployWorkspaceApplicationsCommand({ WorkspaceId: workspaceID, Force: options.force }), http),
        parse: (answer) => toDeployedAssociations(answer, workspaceID),
        precondition,
      },
      'urgent',
    );
  }
}
