import { type ApiClient, type ApiRequest, PATCH } from '../../kube/apiClient.ts';

/** Patches an object in the cluster with the field manager of the command line. Returns the patched object. */
export function patchObject<T>(
  client: ApiClient,
  target: Pick<ApiRequest, 'resource' | 'namespace' | 'name'>,
  patch: object,
  signal: AbortSignal,
): Promise<T> {
  const query = { fieldManager: 'kubectl-wsap' };
  return client.request<T>({ verb: 'patch', ...target, query, contentType: PATCH.merge, body: patch, signal });
}
