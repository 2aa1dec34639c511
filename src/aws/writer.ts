import {
  AssociateWorkspaceApplicationCommand,
  DeployWorkspaceApplicationsCommand,
  DisassociateWorkspaceApplicationCommand,
} from '@aws-sdk/client-workspaces';
import type { Association } from '../fleet/model.ts';
import type { FleetWriter, MaySend } from '../fleet/ports.ts';
import { toChangedAssociation, toDeployedAssociations } from './mapping.ts';
import type { Sender } from './sender.ts';

/** Changes through the WorkSpaces API; all of them are urgent. */
export class WorkSpacesWriter implements FleetWriter {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  associateWorkspaceApplication(
    workspaceId: string,
    applicationId: string,
    maySend?: MaySend,
  ): Promise<Association | undefined> {
    return this.#sender.send(
      {
        subject: { operation: 'AssociateWorkspaceApplication', workspaceId, applicationId },
        send: (client, options) =>
          client.send(
            new AssociateWorkspaceApplicationCommand({ WorkspaceId: workspaceId, ApplicationId: applicationId }),
            options,
          ),
        parse: (answer) => toChangedAssociation(answer, workspaceId),
        maySend,
      },
      'urgent',
    );
  }

  disassociateWorkspaceApplication(
    workspaceId: string,
    applicationId: string,
    maySend?: MaySend,
  ): Promise<Association | undefined> {
    return this.#sender.send(
      {
        subject: { operation: 'DisassociateWorkspaceApplication', workspaceId, applicationId },
        send: (client, options) =>
          client.send(
            new DisassociateWorkspaceApplicationCommand({ WorkspaceId: workspaceId, ApplicationId: applicationId }),
            options,
          ),
        parse: (answer) => toChangedAssociation(answer, workspaceId),
        maySend,
      },
      'urgent',
    );
  }

  deployWorkspaceApplications(
    workspaceId: string,
    options: { readonly force: boolean },
    maySend?: MaySend,
  ): Promise<Association[]> {
    return this.#sender.send(
      {
        subject: { operation: 'DeployWorkspaceApplications', workspaceId },
        send: (client, http) =>
          client.send(new DeployWorkspaceApplicationsCommand({ WorkspaceId: workspaceId, Force: options.force }), http),
        parse: (answer) => toDeployedAssociations(answer, workspaceId),
        maySend,
      },
      'urgent',
    );
  }
}
