import { afterEach, describe, expect, test, vi } from 'vitest';
import { operatorCommand } from '../../../src/cli/commands/operator.ts';

/** Returns the error about the arguments. */
function errorOf(args: readonly string[]): string {
  const command = operatorCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action(() => {});
  try {
    command.parse(args, { from: 'user' });
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
}

afterEach(() => void vi.unstubAllEnvs());

test('--audit-log needs a path', () => {
  expect(errorOf(['--audit-log', ''])).toContain('Must be the path of a file');
  vi.stubEnv('WSAP_AUDIT_LOG', ' ');
  expect(errorOf([])).toContain('Must be the path of a file');
});

describe.each([
  ['--namespace', 'WSAP_NAMESPACE'],
  ['--lease-namespace', 'WSAP_LEASE_NAMESPACE'],
  ['--cluster-lease-namespace', 'WSAP_CLUSTER_LEASE_NAMESPACE'],
])('%s', (flag, variable) => {
  test.each(['desktops', 'a', '0', 'x'.repeat(63)])('accepts the namespace %s', (value) => {
    expect(errorOf([flag, value])).toBe('none');
  });

  // A value that selects nothing must not select everything, and must not become a part of a path.
  test.each(['', ' ', 'Desktops', 'a,b', '../kube-system', '-a', 'x'.repeat(64)])('rejects "%s"', (value) => {
    expect(errorOf([flag, value])).toContain('Must be the name of a namespace');
    vi.stubEnv(variable, value);
    expect(errorOf([])).toContain('Must be the name of a namespace');
  });
});
