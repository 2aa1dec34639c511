import fc from 'fast-check';
import { type Kind, schemaOf } from '../../../src/policy/schema.ts';
import { fieldOf, type Schema } from './fields.ts';
import { slip, slipped } from './slips.ts';
import { TEXTS } from './texts.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: { readonly name: string };
  readonly spec: unknown;
}

/** Manifests of a kind: valid ones, ones with one or two mistakes, and ones with values at their limits. */
export function manifestsOf(kind: Kind): fc.Arbitrary<Manifest> {
  const { properties: { spec = {} } = {} } = schemaOf(kind) as Schema;
  // The combinations of its fields have the name of the kind.
  const name = kind === 'NotificationProvider' ? 'provider' : 'spec';
  const [right, edgy] = [false, true].map((isEdgy) => fieldOf(spec, name, isEdgy)) as [
    fc.Arbitrary<unknown>,
    fc.Arbitrary<unknown>,
  ];
  const slipping = fc
    .tuple(right, fc.array(slip, { minLength: 1, maxLength: 2 }))
    .map(([value, slips]) => slips.reduce(slipped, value));
  return fc.oneof(right, slipping, edgy).map((value) => ({
    apiVersion: 'wsap.dev/v1alpha1',
    kind,
    metadata: { name: 'fuzzed' },
    spec: JSON.parse(JSON.stringify(value)),
  }));
}

const GOOD = { workspaceSelector: { all: true }, applications: { denied: [{ name: 'Visio' }] } };
/** Returns a policy that is valid except for the text in a field. */
const WITH_TEXT: Readonly<Record<string, (text: string) => object>> = {
  interval: (interval) => ({ interval }),
  duration: (duration) => ({ retry: { backoff: { duration, maxDuration: '24h' } } }),
  maxDuration: (maxDuration) => ({ retry: { backoff: { duration: '5s', maxDuration } } }),
  lastConnectedBefore: (lastConnectedBefore) => ({ workspaceSelector: { lastConnectedBefore } }),
  cron: (cron) => ({ rollout: { maintenanceWindows: [{ cron, duration: '4h' }] } }),
  timeZone: (timeZone) => ({ rollout: { maintenanceWindows: [{ cron: '@daily', timeZone, duration: '4h' }] } }),
  expiresAt: (expiresAt) => ({
    exceptions: [{ workspaceIDs: ['ws-000000001'], application: { name: 'x' }, reason: 'x', expiresAt }],
  }),
  maxAffectedWorkspaces: (maxAffectedWorkspaces) => ({ safeguards: { maxAffectedWorkspaces } }),
  owner: (owner) => ({ applications: { denied: [{ name: 'x', owner }] } }),
  key: (key) => ({ workspaceSelector: { tags: { matchTags: { [key]: 'x' } } } }),
};

/** Policies with texts that look valid, or are barely valid. */
export const edgeManifests: readonly Manifest[] = Object.entries(WITH_TEXT).flatMap(([field, specWith]) =>
  (TEXTS[field] ?? []).map((text) => ({
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'WorkspaceApplicationPolicy' as const,
    metadata: { name: 'fuzzed' },
    spec: { ...GOOD, ...specWith(text) },
  })),
);
