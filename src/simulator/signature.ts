/** Who signed a request, and for which region: the credential scope of AWS Signature Version 4. Nothing checks the signature itself. */
export interface Signer {
  readonly accessKeyId: string | undefined;
  readonly region: string | undefined;
}

/** Reads an Authorization header. */
export function signerIn(authorization: string | undefined): Signer {
  const [accessKeyId, , region] = /\bCredential=([^\s,]+)/.exec(authorization ?? '')?.[1]?.split('/') ?? [];
  return { accessKeyId, region };
}
