import { sanitize } from '../../../src/sanitize.ts';
import type { Call } from '../../../src/simulator/callLog.ts';
import { isMutation } from '../../../src/simulator/endpoint.ts';
import type { Seed } from '../../../src/simulator/seed.ts';

/** A human-readable change in AWS. */
export interface ChangeLine {
  readonly text: string;
  /** False if AWS rejected the change, or the operator received no response. */
  readonly made: boolean;
}

/** Returns the line for a call of the simulated AWS: `Disassociate  ws-3x08q7wv7  lukas.weber  Microsoft Visio`. Undefined for a read. */
export function changeLine(
  call: Call,
  { workspaces, applications }: Pick<Seed, 'workspaces' | 'applications'>,
): ChangeLine | undefined {
  if (!isMutation(call.operation)) {
    return undefined;
  }
  const { WorkspaceId = '', ApplicationId } = (call.input ?? {}) as { WorkspaceId?: string; ApplicationId?: string };
  const user = workspaces.find(({ workspaceID }) => workspaceID === WorkspaceId)?.userName ?? '-';
  const ids =
    ApplicationId === undefined
      ? (call.associations ?? []).map(({ AssociatedResourceId }) => String(AssociatedResourceId))
      : [ApplicationId];
  const names = ids.map((id) => applications.find(({ applicationID }) => applicationID === id)?.name ?? id);
  const problem = problemOf(call);
  const cells = [
    call.operation.replace(/Workspace.*$/, '').padEnd('Disassociate'.length),
    WorkspaceId.padEnd(longest(workspaces.map(({ workspaceID }) => workspaceID))),
    user.padEnd(longest(workspaces.map(({ userName }) => userName))),
    [...(names.length === 0 ? [] : [names.join(', ')]), ...(problem === undefined ? [] : [`→ ${problem}`])].join(' '),
  ];
  return { text: sanitize(cells.join('  '), 400), made: problem === undefined };
}

function problemOf({ error, status, done }: Call): string | undefined {
  if (error === 'ThrottlingException') {
    return 'throttled; the operator slows down and retries';
  }
  if (error !== undefined) {
    return error;
  }
  if (status === undefined) {
    return done ? 'made, but the response was lost' : 'no response';
  }
  return done ? undefined : `HTTP ${status}`;
}

function longest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}
