import type { Rng } from '../rng.ts';
import { APPROVAL_SCENARIOS } from './approvals.ts';
import { Draft, type Scenario } from './draft.ts';
import { EDIT_SCENARIOS } from './edits.ts';
import { EVENT_SCENARIOS } from './events.ts';
import { FLEET_SCENARIOS } from './fleets.ts';
import { LIMIT_SCENARIOS } from './limits.ts';
import { MISSING_DATA_SCENARIOS } from './missingData.ts';
import { POLICY_SCENARIOS } from './policies.ts';
import { PROCESS_SCENARIOS } from './processes.ts';
import { RECORD_SCENARIOS } from './records.ts';
import { RESPONSE_SCENARIOS } from './responses.ts';
import { WORKSPACE_SCENARIOS } from './workspaces.ts';

/** Scenarios by name. Each one aims at one rule. The order decides which seed runs which scenario. */
export const SCENARIOS = {
  ...PROCESS_SCENARIOS,
  ...RESPONSE_SCENARIOS,
  ...POLICY_SCENARIOS,
  ...EDIT_SCENARIOS,
  ...APPROVAL_SCENARIOS,
  ...LIMIT_SCENARIOS,
  ...FLEET_SCENARIOS,
  ...WORKSPACE_SCENARIOS,
  ...MISSING_DATA_SCENARIOS,
  ...RECORD_SCENARIOS,
  ...EVENT_SCENARIOS,
};

export type ScenarioName = keyof typeof SCENARIOS;

/** Returns the scenario of a name, with values drawn from `rng`. */
export function scenarioOf(name: ScenarioName, rng: Rng): Scenario {
  return SCENARIOS[name](new Draft(rng));
}
