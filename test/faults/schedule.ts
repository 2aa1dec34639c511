import type { SeedDocument } from '../../src/simulator/seedDocument.ts';
import type { Fault } from './faults.ts';
import type { FleetSpec, PolicySpec } from './manifests.ts';
import { BEGINNING } from './time.ts';

/** What people do, and what becomes of WorkSpaces by other hands than the operator's. */
export type Act =
  | { readonly do: 'Apply'; readonly name: string; readonly spec: PolicySpec }
  | { readonly do: 'Delete'; readonly name: string }
  | { readonly do: 'Request'; readonly name: string }
  | { readonly do: 'Approve' }
  | { readonly do: 'Fleet'; readonly spec: FleetSpec }
  | { readonly do: 'Label'; readonly labels: Readonly<Record<string, string>> }
  | { readonly do: 'Rebuild' | 'Terminate' | 'Deploy' | 'Protect' | 'Unprotect'; readonly workspaceID: string }
  | { readonly do: 'Migrate'; readonly workspaceID: string; readonly newId: string }
  | { readonly do: 'Associate' | 'Disassociate'; readonly workspaceID: string; readonly applicationID: string }
  | { readonly do: 'State'; readonly workspaceID: string; readonly state: string }
  | { readonly do: 'Connection'; readonly workspaceID: string; readonly connection: string };

export interface Happening {
  /** Milliseconds from the beginning. */
  readonly at: number;
  readonly act: Act;
}

/** Everything that a run depends on: the same schedule gives the same run. */
export interface Schedule {
  readonly seed: number;
  /** Whether nobody but the operator changes the world: then the run must come to what it comes to without faults, call for call. */
  readonly isQuiet: boolean;
  /** When people have acted and the faults are over, in milliseconds from the beginning. */
  readonly ends: number;
  /** How long after that all has to be done, in milliseconds. */
  readonly doneWithin: number;
  /** Whether people then ask for runs and approve what is proposed, so that it is done sooner; otherwise it takes the policies' intervals. */
  readonly asksAfterwards: boolean;
  readonly fleet: SeedDocument;
  /** A WorkSpace on which AWS refuses every change. */
  readonly refuses?: string | undefined;
  readonly pageSize: number;
  readonly happenings: readonly Happening[];
  readonly faults: readonly Fault[];
}

export const MINUTE = 60_000;
/** When the last exception expires, in milliseconds from the beginning. */
export function lastExpiry(happenings: readonly Happening[]): number {
  const specs = happenings.flatMap(({ act }) => (act.do === 'Apply' ? [act.spec] : []));
  const expiries = specs.flatMap(({ exceptions = [] }) => exceptions.flatMap(({ expiresAt = [] }) => expiresAt));
  return Math.max(0, ...expiries.map((text) => Date.parse(text) - BEGINNING));
}

export const APPLICATIONS = [
  { applicationID: 'wsa-visio0000', name: 'Microsoft Visio LTSC Professional 2021' },
  { applicationID: 'wsa-office000', name: 'Microsoft Office LTSC Professional Plus 2021' },
  { applicationID: 'wsa-project00', name: 'Microsoft Project Professional 2021' },
  { applicationID: 'wsa-office019', name: 'Microsoft Office Professional Plus 2019', state: 'UNINSTALL_ONLY' },
] as const;
