/**
 * Signer of a request and its region, from the credential scope of AWS Signature Version 4. The signature isn't
 * verified.
 */
export interface Signer {
  readonly accessKeyId: string | undefined;
  readonly region: string | undefined;
}

/** Parses an Authorization header. */
export function signerIn(authorization: string | undefined): Signer {
  const [accessKeyId, , region] = /\bCredential=([^\s,]+)/.exec(authorization ?? '')?.[1]?.split('/') ?? [];
  return { accessKeyId, region };
}
