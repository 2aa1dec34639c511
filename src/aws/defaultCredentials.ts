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

/**
 * Returns an error if a profile doesn't exist that `AWS_PROFILE` names, or the `source_profile` of such a profile. The error of the SDK
 * doesn't name it.
 */
async function missingProfile(): Promise<Error | undefined> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const checked = new Set<string>();
  let [profile, setting] = [process.env.AWS_PROFILE, 'AWS_PROFILE'];
  while (profile && !checked.has(profile)) {
    if (!(profile in configFile || profile in credentialsFile)) {
      return new CredentialsProviderError(
        `the profile ${profile}, which ${setting} names, is not in the AWS configuration`,
      );
    }
    checked.add(profile);
    setting = `source_profile of the profile ${profile}`;
    profile = configFile[profile]?.source_profile ?? credentialsFile[profile]?.source_profile;
  }
  return undefined;
}
