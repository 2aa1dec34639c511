/** A kubeconfig of a cluster that doesn't exist. */
export const NO_CLUSTER = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'none', cluster: { server: 'http://127.0.0.1:9' } }],
  users: [{ name: 'nobody', user: {} }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'nobody' } }],
  'current-context': 'none',
};
