import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { WatchedPolicy } from './policyWatch.ts';
import type { Removed } from './removed.ts';

/** A command to copy, with a comment that describes it. */
export type Hint = { readonly comment: string; readonly command: string };

export interface LookAround {
  readonly kubeconfigPath: string;
  /** Folder of kubectl. Undefined if it is on the PATH. */
  readonly kubectlFolder: string | undefined;
  /** URL of the simulated AWS. */
  readonly awsUrl: string;
  readonly awsRegion: string;
}

/** Returns the commands that connect another terminal to the control plane. */
export function lookAround({ kubeconfigPath, kubectlFolder, awsUrl, awsRegion }: LookAround): string[] {
  const path = kubectlFolder === undefined ? '' : ` PATH="$PATH":${shellWord(kubectlFolder)}`;
  return [
    `export KUBECONFIG=${shellWord(kubeconfigPath)}${path}`,
    `export AWS_ENDPOINT_URL=${awsUrl} AWS_REGION=${awsRegion} AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated`,
    'kubectl get wsap -A',
  ];
}

/** Returns commands to try with a policy, in this order. `removed`: a removal by this policy. */
export function tryNext(simulatorUrl: string, { metadata, spec }: WatchedPolicy, removed: Removed): Hint[] {
  const { workspaceID, applicationID, userName } = removed;
  const policy = `wsap ${shellWord(metadata.name)} -n ${shellWord(metadata.namespace ?? 'default')}`;
  const { safeguards } = spec;
  const limit = safeguards?.maxAffectedWorkspaces;
  return [
    {
      comment: `Associate the application with the WorkSpace of ${userName} again, like in the AWS console. The operator removes it within seconds of the event.`,
      command: `curl -X POST ${simulatorUrl}/_simulator/workspaces/${workspaceID}/applications/${applicationID}`,
    },
    {
      comment: 'Reconcile the policy immediately.',
      command: `kubectl annotate ${policy} wsap.dev/reconcile-requested-at="$(date +%s)" --overwrite`,
    },
    {
      comment: `Deny Project, too. More than ${limit} of the WorkSpaces have it, so the operator removes nothing; the status shows the reason.`,
      command: `kubectl patch ${policy} --type json -p '[{"op":"add","path":"/spec/applications/denied/-","value":{"name":"Microsoft Project*"}}]'`,
    },
    {
      comment: 'Raise the limit. The operator removes Project.',
      command: `kubectl patch ${policy} --type merge -p '{"spec":{"safeguards":{"maxAffectedWorkspaces":"30%"}}}'`,
    },
  ];
}

/** Returns commands that show what the operator records and reports, for the root of the repository. */
export function reviewChanges(auditLog: string): Hint[] {
  const wsap = 'npm run --silent wsap --';
  const log = shellWord(auditLog);
  return [
    {
      comment: 'Verify the audit log, to which the operator records each change.',
      command: `${wsap} audit verify ${log} --fleet default`,
    },
    {
      comment: 'Write a page that shows what the operator changed, and why.',
      command: `${wsap} report --since 1h --audit-log ${log} --output-file changes.html`,
    },
    {
      comment: 'Show what a receiver of notifications would get.',
      command: `${wsap} notify --dry-run --all -f deploy/examples/notifications/generic-hmac.yaml`,
    },
  ];
}

/** Whether a program is on the PATH. */
export async function isOnPath(program: string, path = process.env.PATH ?? ''): Promise<boolean> {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  const found = await Promise.allSettled(folders.map((folder) => access(join(folder, program), constants.X_OK)));
  return found.some(({ status }) => status === 'fulfilled');
}

/** Quotes a word for a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
