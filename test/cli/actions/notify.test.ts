import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { showNotifications } from '../../../src/cli/actions/notify/notify.ts';
import { noticeOf, policyWith, waitingPolicy } from '../../notifications/policies.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-notify-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const PROVIDER = {
  apiVersion: 'wsap.dev/v1alpha1',
  kind: 'NotificationProvider',
  metadata: { name: 'slack-desktops', creationTimestamp: '2027-01-01T00:00:00Z' },
  spec: {
    type: 'slack',
    secretRef: { name: 'slack' },
    events: ['PlanAwaitingApproval', 'PolicyStalled'],
    namespaces: { from: 'Selector', selector: { matchLabels: { team: 'desktops' } } },
    summary: 'Cluster emea',
  },
};
const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'desktops', labels: { team: 'desktops' } } };
const manifestOf = (policy: object) => ({
  apiVersion: 'wsap.dev/v1alpha1',
  kind: 'WorkspaceApplicationPolicy',
  ...policy,
});

/** Returns the output of `wsap notify --dry-run` for resources in a file. */
async function outputFor(resources: readonly object[], flags: Partial<Parameters<typeof showNotifications>[0]> = {}) {
  const file = join(folder, 'resources.yaml');
  await writeFile(file, resources.map((one) => stringify(one)).join('---\n'));
  let output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += text;
    return true;
  });
  await showNotifications({ filename: [file], all: false, output: 'text', ...flags });
  return output;
}

describe('wsap notify --dry-run', () => {
  test('shows what the operator would send for the policies in files', async () => {
    expect(await outputFor([PROVIDER, NAMESPACE, manifestOf(waitingPolicy())])).toBe(
      [
        'slack-desktops (slack, address in Secret slack): 1 to send',
        '',
        'Cluster emea',
        '',
        'Plan 749a345130f395e3 of policy desktops/no-visio awaits approval',
        '  ws-1  ada.l  Visio <2021> & `more`  disassociate',
        '',
        '  Plan: 1 to remove, 0 to install.',
        '  kubectl wsap approve -n desktops no-visio 749a345130f395e3',
        '',
      ].join('\n'),
    );
  });

  test('explains that a provider selects no namespace with policies', async () => {
    const other = { ...NAMESPACE, metadata: { name: 'desktops', labels: { team: 'Desktops' } } };
    expect(await outputFor([PROVIDER, other, manifestOf(waitingPolicy())])).toBe(
      'slack-desktops (slack, address in Secret slack): 0 to send; spec.namespaces selects no namespace with policies\n',
    );
  });

  test('explains that there is no policy', async () => {
    expect(await outputFor([PROVIDER, NAMESPACE, manifestOf(waitingPolicy())], { namespace: 'other' })).toBe(
      'slack-desktops (slack, address in Secret slack): 0 to send; no policy found in namespace other\n',
    );
  });

  test('omits notifications that were sent, unless all are requested', async () => {
    const policy = waitingPolicy();
    const notifications = [
      {
        id: noticeOf(policy).id,
        event: 'PlanAwaitingApproval',
        namespace: 'desktops',
        policy: 'no-visio',
        state: 'Sent',
        attempts: 1,
        time: '2027-01-02T00:00:00Z',
      },
    ];
    const resources = [{ ...PROVIDER, status: { notifications } }, NAMESPACE, manifestOf(policy)];
    expect(await outputFor(resources)).toBe('slack-desktops (slack, address in Secret slack): 0 to send\n');
    expect(await outputFor(resources, { all: true })).toContain('awaits approval');
  });

  test('selects no policy of a namespace whose labels differ, or that the flag excludes', async () => {
    const policy = manifestOf(waitingPolicy());
    expect(await outputFor([PROVIDER, policy, { ...NAMESPACE, metadata: { name: 'desktops' } }])).toContain(
      '0 to send',
    );
    expect(await outputFor([PROVIDER, policy, NAMESPACE], { namespace: 'other' })).toContain('0 to send');
  });

  test('prints the requests as JSON, without address and token', async () => {
    const hmac = { ...PROVIDER, spec: { ...PROVIDER.spec, type: 'generic-hmac' } };
    const output = await outputFor([hmac, NAMESPACE, manifestOf(waitingPolicy())], { output: 'json' });
    expect(JSON.parse(output)).toMatchObject([
      {
        provider: 'slack-desktops',
        type: 'generic-hmac',
        body: { notifications: [{ event: 'PlanAwaitingApproval' }] },
      },
    ]);
  });

  test('prints hostile text without control characters', async () => {
    const message = 'denied \u001b[31m\u202e';
    const conditions = ['Stalled', 'Ready'].map((type) => ({
      type,
      status: type === 'Stalled' ? ('True' as const) : ('False' as const),
      reason: 'AccessDenied',
      message,
      lastTransitionTime: '2027-01-01T00:00:00Z',
    }));
    const output = await outputFor([PROVIDER, NAMESPACE, manifestOf(policyWith({ conditions }))]);
    expect(output).toContain('AccessDenied: denied');
    expect(output).not.toContain('\u001b');
    expect(output).not.toContain('\u202e');
  });

  test('names an invalid or a missing provider', async () => {
    const invalid = { ...PROVIDER, spec: { ...PROVIDER.spec, channel: '' } };
    await expect(outputFor([invalid, manifestOf(waitingPolicy())])).rejects.toThrow(
      'NotificationProvider slack-desktops is invalid: spec.channel',
    );
    await expect(outputFor([PROVIDER, manifestOf(waitingPolicy())], { provider: 'x' })).rejects.toThrow(
      'NotificationProvider x not found in the files',
    );
  });
});
