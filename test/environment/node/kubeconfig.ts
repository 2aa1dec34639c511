import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { CertificateAuthority } from './certificates.ts';

/** Writes a self-contained kubeconfig with the certificate `name`. */
export async function writeKubeconfig(
  path: string,
  {
    server,
    authority,
    name,
  }: { readonly server: string; readonly authority: CertificateAuthority; readonly name: string },
): Promise<void> {
  const data = async (file: string) => (await readFile(authority.path(file))).toString('base64');
  const user = { 'client-certificate-data': await data(`${name}.crt`), 'client-key-data': await data(`${name}.key`) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'wsap-e2e',
    clusters: [{ name: 'wsap-e2e', cluster: { server, 'certificate-authority-data': await data('ca.crt') } }],
    users: [{ name, user }],
    contexts: [{ name: 'wsap-e2e', context: { cluster: 'wsap-e2e', user: name } }],
  };
  await writeFile(path, stringify(config), { mode: 0o600 });
}
