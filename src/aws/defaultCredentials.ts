import process from 'node:process';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { CredentialsProviderError, loadSharedConfigFiles } from '@smithy/core/config';
import type { AwsRequestHandler } from './requestHandler.ts';

/** Credential provider of an AWS client. */
type CredentialProvider = ReturnType<typeof fromNodeProviderChain>;

/**
 * Returns the SDK's default chain: environment, profile, web identity, container, instance. Its calls, for example, to IAM Identity
 * Center, use `requestHandler`, so that they also connect through a proxy.
 */
export function defaultCredentials(requestHandler: AwsRequestHandler): CredentialProvider {
  const chain = fromNodeProviderChain({ clientConfig: { requestHandler } });
  return async (properties) => {
    try {
      return await chain(properties);
    } catch (error) {
      throw (await missingProfile()) ?? error;
    }
  };
}

/** Returns an error if `AWS_PROFILE` names a profile that doesn't exist. The error of the SDK doesn't name it. */
async function missingProfile(): Promise<Error | undefined> {
  const profile = process.env.AWS_PROFILE;
  if (!profile) {
    return undefined;
  }
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  return profile in configFile || profile in credentialsFile
    ? undefined
    : new CredentialsProviderError(`the profile ${profile}, which AWS_PROFILE names, is not in the AWS configuration`);
}
