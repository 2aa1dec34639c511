import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { WatchedPolicy } from './policyWatch.ts';

/** Commands that a person can copy, each below a comment that says what it does. */
export type Hint = { readonly comment: string; readonly command: string };

export interface LookAround {
  readonly kubeconfigPath: string;
  /** The folder of a kubectl, if none is on the person's PATH. */
  readonly kubectlFolder: string | undefined;
  /** Of the simulated AWS. */
  readonly awsUrl: string;
  readonly awsRegion: string;
}

/** The lines with which to look around in another terminal. */
export function lookAround({ kubeconfigPath, kubectlFolder, awsUrl, awsRegion }: LookAround): string[] {
  const path = kubectlFolder === undefined ? '' : ` PATH="$PATH":${shellWord(kubectlFolder)}`;
  return [
    `export KUBECONFIG=${shellWord(kubeconfigPath)}${path}`,
    `export AWS_ENDPOINT_URL=${awsUrl} AWS_REGION=${awsRegion} AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated`,
    'kubectl get wsap -A',
  ];
}

export interface Removed {
  readonly workspaceID: string;
  readonly applicationID: string;
  readonly userName: string;
}

/** What to try with a policy, whose first removal from a WorkSpace was `removed`. Each works by itself, in this order. */
export function tryNext(simulatorUrl: string, { metadata, spec }: WatchedPolicy, removed: Removed): Hint[] {
  const { workspaceID, applicationID, userName } = removed;
  const policy = `wsap ${shellWord(metadata.name)} -n ${shellWord(metadata.namespace ?? 'default')}`;
  const { interval, safeguards } = spec;
  const limit = safeguards?.maxAffectedWorkspaces;
  return [
    {
      comment: `Give the application back to ${userName}, as somebody in the AWS console might. Within ${interval} it is removed again.`,
      command: `curl -X POST ${simulatorUrl}/_simulator/workspaces/${workspaceID}/applications/${applicationID}`,
    },
    {
      comment: 'Have the operator look at once.',
      command: `kubectl annotate ${policy} wsap.dev/reconcile-requested-at="$(date +%s)" --overwrite`,
    },
    {
      comment: `Deny Project too. It is on more than ${limit} of the WorkSpaces, so nothing is removed, and the status says why.`,
      command: `kubectl patch ${policy} --type json -p '[{"op":"add","path":"/spec/applications/denied/-","value":{"name":"Microsoft Project*"}}]'`,
    },
    {
      comment: 'Raise that limit, and the operator goes on.',
      command: `kubectl patch ${policy} --type merge -p '{"spec":{"safeguards":{"maxAffectedWorkspaces":"30%"}}}'`,
    },
  ];
}

/** Whether a program is on the PATH. */
export async function isOnPath(program: string, path = process.env.PATH ?? ''): Promise<boolean> {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  const found = await Promise.allSettled(folders.map((folder) => access(join(folder, program), constants.X_OK)));
  return found.some(({ status }) => status === 'fulfilled');
}

/** A word as a POSIX shell reads it back. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
