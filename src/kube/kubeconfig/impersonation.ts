import type { Impersonation, KubeUser } from './kubeConfigTypes.ts';

/** Characters of a header name (RFC 7230), without %, which starts an escape sequence. */
const LEGAL = /[!#$&'*+\-.^_`|~0-9A-Za-z]/;

/**
 * Returns the identity to impersonate: the fields of `overrides` that are set, and for the others the fields of the user.
 *
 * @throws Error if there are groups, a UID, or extra fields without a user
 */
export function impersonationOf(user: KubeUser | null, overrides: Impersonation = {}): Impersonation {
  const impersonation = {
    user: overrides.user || user?.impersonateUser,
    uid: overrides.uid || user?.impersonateUID,
    groups: overrides.groups?.length ? overrides.groups : user?.impersonateGroups,
    userExtra: { ...user?.impersonateUserExtra, ...overrides.userExtra },
  };
  const { uid, groups = [], userExtra } = impersonation;
  if (!impersonation.user && (uid || groups.length > 0 || Object.keys(userExtra).length > 0)) {
    throw new Error(
      'impersonation of a group, UID, or extra field requires a user; set --as, or as in the user of the kubeconfig',
    );
  }
  return impersonation;
}

/** Returns the headers that impersonate a user, as client-go sends them. */
export function impersonationHeaders({
  user,
  uid,
  groups = [],
  userExtra = {},
}: Impersonation): Record<string, string | string[]> {
  if (!user) {
    return {};
  }
  const extra = Object.entries(userExtra)
    .filter(([, values]) => values.length > 0)
    .map(([key, values]) => [`Impersonate-Extra-${escapeHeaderName(key)}`, [...values]]);
  return {
    'Impersonate-User': user,
    ...(uid && { 'Impersonate-Uid': uid }),
    ...(groups.length > 0 && { 'Impersonate-Group': [...groups] }),
    ...Object.fromEntries(extra),
  };
}

/** Escapes the bytes that a header name can't contain. */
function escapeHeaderName(key: string): string {
  return Array.from(Buffer.from(key), (byte) => {
    const character = String.fromCharCode(byte);
    return byte < 128 && LEGAL.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}
