import { yieldToEventLoop } from './clock.ts';
import type { ApplyContext, FleetContext } from './execute/context.ts';
import type { BundleSource } from './inventory/bundleCache.ts';
import type { WaitForReads } from './inventory/waitForReads.ts';
import type { DeploymentIntent } from './plan/deployment.ts';
import type { PolicyAnnotations } from './policy/annotations.ts';
import type { PolicyStatus } from './status/resource.ts';
import type { RunState } from './status/runState.ts';

/** What all runs in a fleet share. */
export interface FleetRunContext extends FleetContext {
  /** Deployments that policies intend, by policy key. */
  readonly intents: Map<string, DeploymentIntent>;
  /** Contents of bundles, which explain drift. Undefined if they are not read. */
  readonly bundles?: BundleSource | undefined;
}

/** One run of a policy. */
export interface Run extends ApplyContext, FleetRunContext {
  readonly intents: Map<string, DeploymentIntent>;
  readonly annotations: PolicyAnnotations;
  /** Last status of the policy. */
  readonly previous: PolicyStatus | undefined;
  /** Last status of an earlier process, which one without an evaluation can have replaced since. Defaults to `previous`. */
  readonly recorded?: PolicyStatus | undefined;
  /** State of the last run. Undefined for the first run of a process. */
  readonly state: RunState | undefined;
  /** Minimum time for which the status must show a change before the change is made, in milliseconds. */
  readonly gracePeriodMs: number;
  /** Whether the run follows reads that events caused, so that it uses older listings. Defaults to false. */
  readonly followsEvents?: boolean | undefined;
  /** Waits for reads. Defaults to not letting others work meanwhile. */
  readonly waitForReads?: WaitForReads | undefined;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  /** Receives the duration of each phase in milliseconds. */
  readonly observePhase?: ((phase: Phase, ms: number) => void) | undefined;
}

/** Phases of a run, in their order. A run can decide several times. */
export const PHASES = ['observe', 'decide', 'apply', 'report'] as const;
export type Phase = (typeof PHASES)[number];

/**
 * Runs a phase and measures it. Yields to the event loop after it, because planning a large fleet takes long. Not before it: a run must
 * know the policies that it started with, or an edit in between would go unnoticed.
 */
export async function phase<T>(
  name: Phase,
  { clock, observePhase }: Pick<Run, 'clock' | 'observePhase'>,
  work: () => T | Promise<T>,
): Promise<T> {
  const startedAt = clock.monotonic();
  const result = await work();
  observePhase?.(name, clock.monotonic() - startedAt);
  await yieldToEventLoop(clock);
  return result;
}
