import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../image/command.ts';

const DAYS = '2';

/** A certificate authority in a folder: `ca.crt`, `ca.key`, and the certificates that it issues. */
export class CertificateAuthority {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async create(directory: string): Promise<CertificateAuthority> {
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      join(directory, 'ca.key'),
    ];
    const certificate = ['-x509', '-days', DAYS, '-subj', '/CN=wsap-e2e', '-out', join(directory, 'ca.crt')];
    await runCommand('openssl', ['req', ...key, ...certificate]);
    return new CertificateAuthority(directory);
  }

  /** Returns the path of a file in the folder, for example, `ca.crt`. */
  path(file: string): string {
    return join(this.#directory, file);
  }

  /** Issues the certificate `name`.crt with the key `name`.key for a server and a client. `names`: for example, `IP:127.0.0.1`. */
  async issue(name: string, subject: string, names: readonly string[] = []): Promise<void> {
    const extensions = this.path(`${name}.cnf`);
    const alternatives = names.length === 0 ? '' : `subjectAltName=${names.join(',')}\n`;
    await writeFile(extensions, `extendedKeyUsage=serverAuth,clientAuth\n${alternatives}`);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', this.path(`${name}.key`)];
    await runCommand('openssl', ['req', ...key, '-subj', subject, '-out', this.path(`${name}.csr`)]);
    const issuer = ['-CA', this.path('ca.crt'), '-CAkey', this.path('ca.key'), '-CAcreateserial'];
    const files = ['-in', this.path(`${name}.csr`), '-extfile', extensions, '-out', this.path(`${name}.crt`)];
    await runCommand('openssl', ['x509', '-req', ...issuer, ...files, '-days', DAYS]);
  }

  /** Creates a key pair for the tokens of service accounts: `name`.key and `name`.pub. */
  async createTokenKey(name: string): Promise<void> {
    await runCommand('openssl', ['genrsa', '-out', this.path(`${name}.key`), '2048']);
    await runCommand('openssl', ['rsa', '-in', this.path(`${name}.key`), '-pubout', '-out', this.path(`${name}.pub`)]);
  }
}
