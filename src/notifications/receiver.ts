import { X509Certificate } from 'node:crypto';
import type { ProviderConfig } from '../policy/notificationProvider.ts';

/** Address and credentials of a receiver. None of them may reach a log, a status, or an error, except for the host. */
export interface Receiver {
  readonly address: URL;
  readonly token: string | undefined;
  /** CA certificates in PEM that replace the built-in ones. */
  readonly ca: string | undefined;
}

/** Error for a Secret that doesn't describe a receiver. The message contains no value of the Secret. */
export class InvalidSecretError extends Error {
  override readonly name = 'InvalidSecretError';
}

/**
 * Returns the receiver that the data of a Secret describes.
 *
 * @param data values in Base64, by key
 * @throws InvalidSecretError
 */
export function receiverOf(
  data: Readonly<Record<string, string>> | undefined,
  { type, secretName = '' }: Pick<ProviderConfig, 'type' | 'secretName'>,
): Receiver {
  const fail = (message: string): never => {
    throw new InvalidSecretError(`Secret ${secretName}: ${message}`);
  };
  const value = (key: string) => {
    const encoded = data !== undefined && Object.hasOwn(data, key) ? data[key] : undefined;
    const text =
      decoded(encoded ?? '') ?? fail(`the value of ${key} is not text in UTF-8; encode it, for example, in Base64`);
    return text.trim() === '' ? undefined : text.trim();
  };
  const address = URL.parse(value('address') ?? fail('the key address is missing; set it to the URL of the receiver'));
  if (address === null || !['http:', 'https:'].includes(address.protocol)) {
    return fail('the value of address is not an HTTP URL; correct it');
  }
  if (address.protocol === 'http:' && !isInCluster(address.hostname)) {
    return fail(
      'the value of address uses http for a host outside of the cluster; use https, or NAME.NAMESPACE.svc for a Service in the cluster',
    );
  }
  const token = value('token');
  if (type === 'generic-hmac' && token === undefined) {
    return fail('the key token is missing; set it to the key of the HMAC');
  }
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token) && type !== 'generic-hmac') {
    return fail('the value of token contains a character that a header must not contain; correct it');
  }
  const ca = value('ca.crt');
  if (ca !== undefined && !containsCertificates(ca)) {
    return fail('the value of ca.crt is not a list of certificates in PEM; correct it');
  }
  return { address, token, ca };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Whether a text contains certificates in PEM, and all of them can be read. Node.js ignores the others. */
function containsCertificates(text: string): boolean {
  const certificates = text.match(CERTIFICATE) ?? [];
  try {
    return certificates.map((one) => new X509Certificate(one)).length > 0;
  } catch {
    return false;
  }
}

/** Returns a text in UTF-8 that is encoded in Base64. Undefined if it isn't one, because a replacement would change a key. */
function decoded(base64: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

/** Whether a host is a Service or this machine, so that a request without TLS doesn't leave the cluster. */
function isInCluster(host: string): boolean {
  return (
    host === 'localhost' ||
    host === '[::1]' ||
    /^127(\.\d+){3}$/.test(host) ||
    /^[a-z0-9-]+$/.test(host) ||
    host.endsWith('.svc') ||
    host.endsWith('.cluster.local')
  );
}
