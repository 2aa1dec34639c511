/** Error codes of certificates whose authority isn't trusted. */
const UNTRUSTED: ReadonlySet<unknown> = new Set([
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Whether a server, or a proxy in between, presented a certificate whose authority isn't trusted. `code` is Node's error code. */
export function isUntrustedCertificate(code: unknown): boolean {
  return UNTRUSTED.has(code);
}
