import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A valid manifest. */
export interface GoodManifest {
  readonly name: string;
  readonly resource: Resource;
}

/** An invalid manifest and the messages that reject it. bad.yaml explains the fields. */
export interface BadManifest extends GoodManifest {
  readonly field: string;
  readonly apiServer: string;
  readonly offlineField: string;
  /** Undefined if only the API server rejects it. */
  readonly offline: string | undefined;
}

export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
}

interface Entry {
  readonly name: string;
  readonly spec?: object;
  /** Fields of a WorkspaceFleet, in addition to a valid region and all namespaces. */
  readonly fleet?: object;
  /** Fields of a NotificationProvider, in addition to a valid type, event, Secret, and all namespaces. Null removes a field. */
  readonly provider?: object;
  readonly manifest?: object;
}

interface BadEntry extends Entry {
  readonly field: string;
  readonly apiServer: string;
  readonly offline?: string;
  readonly offlineField?: string;
  readonly onlyApiServer?: true;
}

const GOOD_SPEC = { workspaceSelector: { all: true }, applications: { denied: [{ name: 'Microsoft Visio*' }] } };

const GOOD_PROVIDER = {
  type: 'slack',
  secretRef: { name: 'slack' },
  events: ['PlanAwaitingApproval'],
  namespaces: { from: 'All' },
};

/** Entries at a limit or one beyond it, which are too long for a file. */
const atTheLimit: readonly Entry[] = [
  { name: '500 WorkSpaces', spec: { workspaceSelector: { workspaceIDs: ids('ws', 500) } } },
  { name: '100 directories', spec: { workspaceSelector: { directoryIDs: ids('d', 100) } } },
  { name: '64 applications in each list', spec: { applications: { allowed: byId(64), denied: byName(64) } } },
  { name: 'a name of 256 characters', spec: { applications: { denied: [{ name: 'ü'.repeat(256) }] } } },
];
const beyondTheLimit: readonly BadEntry[] = [
  {
    name: '501 WorkSpaces',
    spec: { workspaceSelector: { workspaceIDs: ids('ws', 501) } },
    field: 'spec.workspaceSelector.workspaceIDs',
    apiServer: 'must have at most 500 items',
    offline: 'must NOT have more than 500 items',
  },
  {
    name: '101 directories',
    spec: { workspaceSelector: { directoryIDs: ids('d', 101) } },
    field: 'spec.workspaceSelector.directoryIDs',
    apiServer: 'must have at most 100 items',
    offline: 'must NOT have more than 100 items',
  },
  {
    name: '65 applications',
    spec: { applications: { denied: byId(65) } },
    field: 'spec.applications.denied',
    apiServer: 'must have at most 64 items',
    offline: 'must NOT have more than 64 items',
  },
  {
    name: 'a name of 257 characters',
    spec: { applications: { denied: [{ name: 'x'.repeat(257) }] } },
    field: 'spec.applications.denied[0].name',
    apiServer: 'may not be more than 256',
    offline: 'must NOT have more than 256 characters',
  },
];

export const goodManifests: readonly GoodManifest[] = [...read<Entry>('good.yaml'), ...atTheLimit].map(
  ({ name, ...entry }) => ({ name, resource: resourceOf(name, entry) }),
);

export const badManifests: readonly BadManifest[] = [...read<BadEntry>('bad.yaml'), ...beyondTheLimit].map(
  ({ name, field, apiServer, offline, offlineField = field, onlyApiServer = false, ...entry }) => {
    if (onlyApiServer !== (offline === undefined)) {
      throw new Error(`${name}: either offline or onlyApiServer: true`);
    }
    return { name, resource: resourceOf(name, entry), field, apiServer, offline, offlineField };
  },
);

function read<E>(file: string): E[] {
  return parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
}

function resourceOf(
  name: string,
  { spec, fleet, provider, manifest }: Pick<Entry, 'spec' | 'fleet' | 'provider' | 'manifest'>,
): Resource {
  const metadata = { name: (name.toLowerCase().match(/[a-z0-9]+/g) ?? []).join('-') };
  const apiVersion = 'wsap.dev/v1alpha1';
  if (provider !== undefined) {
    const fields = Object.entries({ ...GOOD_PROVIDER, ...provider }).filter(([, value]) => value !== null);
    return { apiVersion, kind: 'NotificationProvider', metadata, spec: Object.fromEntries(fields) };
  }
  return fleet === undefined
    ? {
        apiVersion,
        kind: 'WorkspaceApplicationPolicy',
        metadata: { ...metadata, namespace: 'default' },
        ...(manifest ?? { spec: { ...GOOD_SPEC, ...spec } }),
      }
    : {
        apiVersion,
        kind: 'WorkspaceFleet',
        metadata,
        spec: { region: 'eu-central-1', allowedNamespaces: { from: 'All' }, ...fleet },
      };
}

function ids(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}-${String(i).padStart(10, '0')}`);
}

function byId(count: number) {
  return ids('wsa', count).map((id) => ({ id }));
}

/** Names of the maximum length. Together with as many IDs, they maximize the cost of the CEL rules. */
function byName(count: number) {
  return ids('name', count).map((name) => ({ name: name.padEnd(256, 'x'), owner: '123456789012' }));
}
