import type { ApiClient } from '../../kube/apiClient.ts';
import { ApiError, messageOf } from '../../kube/apiError.ts';
import type { KubeObject, Resource } from '../../kube/resource.ts';
import type { ProviderProblem } from '../../notifications/providerStatus.ts';
import { InvalidSecretError, type Receiver, receiverOf } from '../../notifications/receiver.ts';
import type { ProviderConfig } from '../../policy/notificationProvider.ts';

const SECRETS: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true };

/** Receiver of a type without a Secret. The SDK knows the address of the service. */
const AWS: Receiver = { address: new URL('https://sns.amazonaws.com'), token: undefined, ca: undefined };

interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * Reads the Secret of a provider, which is neither watched nor kept, so that the operator needs only the permission `get`. Returns a problem
 * that contains no value of the Secret if it doesn't describe a receiver.
 */
export async function readReceiver(
  client: Pick<ApiClient, 'request'>,
  namespace: string,
  provider: ProviderConfig,
): Promise<Receiver | ProviderProblem> {
  const { secretName } = provider;
  if (secretName === undefined) {
    return AWS;
  }
  try {
    const secret = await client.request<SecretObject>({ verb: 'get', resource: SECRETS, namespace, name: secretName });
    return receiverOf(secret.data, provider);
  } catch (error) {
    if (error instanceof InvalidSecretError) {
      return { reason: 'InvalidSecret', message: error.message, terminal: true };
    }
    if (error instanceof ApiError && error.code === 404) {
      const message = `Secret ${secretName} not found in namespace ${namespace}; create it`;
      return { reason: 'SecretNotFound', message, terminal: true };
    }
    // The message of a parser contains a part of the Secret.
    const isUnparsable = error instanceof ApiError && error.cause instanceof SyntaxError;
    const message = isUnparsable
      ? `the API server returned no valid JSON for Secret ${secretName}; check the proxies in between`
      : messageOf(error);
    return { reason: 'ReadFailed', message, terminal: false };
  }
}
