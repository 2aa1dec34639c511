import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { BUILD_TIME, KUSTOMIZE, renderChart, renderers } from '../deploy/rendering.ts';
import { eventuallyReported } from './clusterHarness.ts';
import { denying } from './installationFixtures.ts';
import { InstallationHarness } from './installationHarness.ts';
import { wsapWithEnvironment } from './wsapCommand.ts';

const ANNOTATION = 'wsap.dev/approved-plan';
const PLAN_ID = '8c60f1cc85d6c401';
const DENIAL =
  'setting the annotation wsap.dev/approved-plan requires the verb approve on workspaceapplicationpolicies.wsap.dev' +
  ' in the namespace desktops; ask your platform team for the ClusterRole wsap-approve';

/** ClusterRoles of each user in the namespaces `desktops` and `elsewhere`. */
const USERS = {
  alice: { desktops: ['wsap-view', 'wsap-edit'], elsewhere: ['wsap-view', 'wsap-edit'] },
  bob: { desktops: ['wsap-approve'], elsewhere: [] },
  gitops: { desktops: ['wsap-view', 'wsap-edit'], elsewhere: [] },
};
type User = keyof typeof USERS;

let installation: InstallationHarness;
beforeAll(async () => {
  await renderers();
  installation = await InstallationHarness.start();
  await installation.kubectl('apply', '-k', join(KUSTOMIZE, 'approval-policy'));
  await installation.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=180s');
  await installation.apply(Object.keys(USERS).flatMap((user) => accountOf(user as User)));
  // The API server enforces an admission policy some time after its creation.
  await eventuallyReported(() =>
    expect(as('alice', create('probe', { [ANNOTATION]: '1' }, '--dry-run=server'))).rejects.toThrow(DENIAL),
  );
}, BUILD_TIME);
afterAll(() => installation[Symbol.asyncDispose]());

interface Command {
  readonly args: readonly string[];
  readonly input?: string;
}

/** Returns a service account with the name of a user, and its role bindings. */
function accountOf(user: User): object[] {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: user, namespace: 'desktops' } };
  const bindings = Object.entries(USERS[user]).flatMap(([namespace, roles]) =>
    roles.map((role) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: `${user}-${role}`, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name: user, namespace: 'desktops' }],
    })),
  );
  return [account, ...bindings];
}

/** Runs a kubectl command with the permissions of a user. */
async function as(user: User, { args, input }: Command): Promise<string> {
  const kubeconfig = await installation.kubeconfigOf('desktops', user);
  return installation.controlPlane.kubectl(['--kubeconfig', kubeconfig, ...args], input);
}

function manifest(name: string, annotations: object = {}, namespace = 'desktops'): string {
  const policy = denying('Visio', { name, namespace }, 'Approve') as { metadata: object };
  return stringify({ ...policy, metadata: { ...policy.metadata, annotations } });
}

function create(name: string, annotations: object, ...args: string[]): Command {
  return { args: ['create', '-f', '-', ...args], input: manifest(name, annotations) };
}

function annotate(name: string, annotation: string): Command {
  return { args: ['annotate', '--overwrite', 'wsap', '-n', 'desktops', name, annotation] };
}

function patch(name: string, body: object, ...args: string[]): Command {
  return { args: ['patch', 'wsap', '-n', 'desktops', name, '--type=merge', '-p', JSON.stringify(body), ...args] };
}

async function approvedPlanOf(name: string): Promise<string> {
  const path = `-o=jsonpath={.metadata.annotations.wsap\\.dev/approved-plan}`;
  return installation.kubectl('get', 'wsap', '-n', 'desktops', name, path);
}

describe('a user who can edit policies', () => {
  test('can change a policy, but not approve its plan', async () => {
    await as('alice', create('edited', { team: 'desktops' }));
    await as('alice', patch('edited', { spec: { suspend: true } }));
    await as('alice', annotate('edited', 'wsap.dev/reconcile-requested-at=now'));
    await expect(as('alice', annotate('edited', `${ANNOTATION}=1`))).rejects.toThrow(DENIAL);
    await expect(
      as('alice', patch('edited', { metadata: { annotations: { [ANNOTATION]: '1' } }, spec: { suspend: false } })),
    ).rejects.toThrow(DENIAL);
    expect(await approvedPlanOf('edited')).toBe('');
  });

  test('can keep and remove an approval, but not set another one', async () => {
    await as('alice', create('approved', {}));
    await as('bob', annotate('approved', `${ANNOTATION}=1`));
    await as('alice', patch('approved', { spec: { suspend: true } }));
    await expect(as('alice', annotate('approved', `${ANNOTATION}=2`))).rejects.toThrow(DENIAL);
    expect(await approvedPlanOf('approved')).toBe('1');
    await as('alice', annotate('approved', `${ANNOTATION}-`));
    expect(await approvedPlanOf('approved')).toBe('');
    await expect(as('alice', annotate('approved', `${ANNOTATION}=1`))).rejects.toThrow(DENIAL);
  });

  test('cannot create a policy with an approval', async () => {
    await expect(as('alice', create('new', { [ANNOTATION]: '1' }))).rejects.toThrow(DENIAL);
    await expect(
      as('alice', { args: ['apply', '--server-side', '-f', '-'], input: manifest('new', { [ANNOTATION]: '1' }) }),
    ).rejects.toThrow(DENIAL);
    await as('alice', create('new', { [ANNOTATION]: '' }));
  });

  test('can check who can approve', async () => {
    const args = ['auth', 'can-i', 'approve', 'workspaceapplicationpolicies.wsap.dev', '-n', 'desktops'];
    await expect(as('alice', { args })).rejects.toThrow(/-n desktops: $/);
    expect(await as('bob', { args })).toBe('yes\n');
  });

  test('cannot grant the verb', async () => {
    const binding = ['create', 'rolebinding', '-n', 'desktops', 'mine', '--clusterrole=wsap-approve', '--user=alice'];
    await expect(as('alice', { args: binding })).rejects.toThrow(/forbidden/i);
  });
});

test.each([
  ['server-side', ['apply', '--server-side', '--force-conflicts', '-f', '-']],
  ['client-side', ['apply', '-f', '-']],
])('a GitOps tool can apply an approved policy again, %s', async (name, args) => {
  await as('gitops', { args, input: manifest(name) });
  await as('bob', annotate(name, `${ANNOTATION}=1`));
  await as('gitops', { args, input: manifest(name) });
  expect(await approvedPlanOf(name)).toBe('1');
  await as('gitops', { args, input: manifest(name, { [ANNOTATION]: '1', team: 'desktops' }) });
  await expect(as('gitops', { args, input: manifest(name, { [ANNOTATION]: '2' }) })).rejects.toThrow(DENIAL);
  expect(await approvedPlanOf(name)).toBe('1');
  await as('gitops', { args, input: manifest(name) });
});

test('an update of the status can’t approve a plan', async () => {
  await as('alice', create('status', {}));
  const kubeconfig = await installation.kubeconfigOf('wsap-system', 'wsap');
  const args = ['apply', '--server-side', '--subresource=status', '-f', '-'];
  const status = { ...parse(manifest('status', { [ANNOTATION]: '1' })), status: { observedGeneration: 1 } };
  await installation.controlPlane.kubectl(['--kubeconfig', kubeconfig, ...args], stringify(status));
  const written = ['get', 'wsap', '-n', 'desktops', 'status', '-o=jsonpath={.status.observedGeneration}'];
  expect(await installation.kubectl(...written)).toBe('1');
  expect(await approvedPlanOf('status')).toBe('');
});

test('wsap approve shows the reason of a denial, and works with the ClusterRole', async () => {
  await as('alice', create('no-visio', {}));
  await installation.kubectl(...patch('no-visio', { spec: { enforcement: 'Approve' } }).args);
  const objectUID = await installation.kubectl(
    'get',
    'wsap',
    '-n',
    'desktops',
    'no-visio',
    '-o=jsonpath={.metadata.uid}',
  );
  const plan = { status: { objectUID, plan: { id: PLAN_ID } } };
  await installation.kubectl(...patch('no-visio', plan, '--subresource=status').args);
  const approve = async (user: User) => {
    const environment = { KUBECONFIG: await installation.kubeconfigOf('desktops', user) };
    return wsapWithEnvironment(environment, 'approve', '-n', 'desktops', 'no-visio', PLAN_ID, '--no-wait');
  };

  expect(await approve('alice')).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'wsap: cannot patch workspaceapplicationpolicies.wsap.dev no-visio in namespace desktops: 403: ' +
      'workspaceapplicationpolicies.wsap.dev "no-visio" is forbidden: ' +
      `ValidatingAdmissionPolicy 'wsap-approval' with binding 'wsap-approval' denied request: ${DENIAL}\n`,
  });
  expect(await approvedPlanOf('no-visio')).toBe('');
  expect(await approve('bob')).toMatchObject({ code: 0, stderr: '' });
  expect(await approvedPlanOf('no-visio')).toBe(PLAN_ID);
});

test('the chart restricts only the namespace that the operator watches', async () => {
  const apply = (namespace: string) =>
    as('alice', {
      args: ['apply', '--dry-run=server', '-f', '-'],
      input: manifest('scoped', { [ANNOTATION]: '1' }, namespace),
    });
  await expect(apply('elsewhere')).rejects.toThrow('in the namespace elsewhere');

  const chart = await renderChart({ approvalPolicy: { enabled: true }, operator: { namespace: 'desktops' } });
  // The policy of the chart has another name than the policy of the overlay.
  await installation.kubectl(
    'delete',
    'validatingadmissionpolicybindings,validatingadmissionpolicies',
    'wsap-approval',
  );
  await installation.controlPlane.kubectl(['apply', '-f', '-'], chart);
  await eventuallyReported(async () => {
    expect(await apply('elsewhere')).toContain('created (server dry run)');
  });
  const denial = DENIAL.replace('ClusterRole wsap-approve', 'ClusterRole wsap-wsap-system-approve');
  await eventuallyReported(() => expect(apply('desktops')).rejects.toThrow(denial));
});
