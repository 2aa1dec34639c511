import { expect, it } from 'vitest';
import { chooseCluster } from './choose.ts';

const KUBECONFIG = '/home/alice/.kube/config';

it.each([
  [{}, true, 'kind'],
  [{}, false, 'node'],
  [{ KUBECONFIG }, true, 'kind'],
  [{ KUBECONFIG }, false, 'node'],
  [{ KUBECONFIG, WSAP_E2E_CLUSTER: 'existing' }, true, 'existing'],
  [{ WSAP_E2E_CLUSTER: 'node' }, true, 'node'],
  [{ WSAP_E2E_CLUSTER: '' }, false, 'node'],
])('with %j and a Docker daemon: %s, the cluster is %s', (env, hasDocker, expected) => {
  expect(chooseCluster(env, () => hasDocker)).toBe(expected);
});

it('rejects an unknown cluster', () => {
  expect(() => chooseCluster({ WSAP_E2E_CLUSTER: 'minikube' })).toThrow('set it to existing, kind, or node');
});
