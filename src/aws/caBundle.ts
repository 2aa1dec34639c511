import { readFile } from 'node:fs/promises';
import { loadConfig } from '@smithy/core/config';

/** Settings of the CA certificates of AWS endpoints, as in all AWS SDKs. The variable takes precedence over the profile. */
const bundlePath = () =>
  loadConfig<string>({
    environmentVariableSelector: ({ AWS_CA_BUNDLE }) => AWS_CA_BUNDLE || undefined,
    configFileSelector: ({ ca_bundle: path }) => path || undefined,
    default: '',
  })();

/**
 * Returns the CA certificates in the file that `AWS_CA_BUNDLE`, or `ca_bundle` in the AWS profile, names. They replace the built-in ones,
 * as in the AWS CLI. Undefined without such a file.
 *
 * @throws Error if the file can't be read or contains no certificate
 */
export async function loadCaBundle(): Promise<string | undefined> {
  const path = await bundlePath();
  if (path === '') {
    return undefined;
  }
  let certificates: string;
  try {
    certificates = await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(
      `cannot read the CA bundle of AWS: ${(error as Error).message}; correct AWS_CA_BUNDLE or ca_bundle`,
    );
  }
  if (!/-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(certificates)) {
    throw new Error(`the CA bundle ${path} contains no certificate in PEM; correct AWS_CA_BUNDLE or ca_bundle`);
  }
  return certificates;
}
