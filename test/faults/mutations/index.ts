import { AWS_MUTATIONS } from './aws.ts';
import { EVENT_MUTATIONS } from './events.ts';
import { EXECUTE_MUTATIONS } from './execute.ts';
import { HOLD_MUTATIONS } from './holds.ts';
import { INVENTORY_MUTATIONS } from './inventory.ts';
import type { Mutation } from './mutation.ts';
import { OPERATOR_MUTATIONS } from './operator.ts';
import { PLAN_MUTATIONS } from './plan.ts';
import { POLICY_MUTATIONS } from './policy.ts';
import { PROMISE_MUTATIONS } from './promises.ts';
import { RECONCILE_MUTATIONS } from './reconcile.ts';
import { STATUS_MUTATIONS } from './status.ts';

/** One mutation for each rule, by the part of src that implements it. */
export const MUTATIONS: readonly Mutation[] = [
  ...AWS_MUTATIONS,
  ...INVENTORY_MUTATIONS,
  ...POLICY_MUTATIONS,
  ...PLAN_MUTATIONS,
  ...HOLD_MUTATIONS,
  ...EXECUTE_MUTATIONS,
  ...EVENT_MUTATIONS,
  ...STATUS_MUTATIONS,
  ...RECONCILE_MUTATIONS,
  ...OPERATOR_MUTATIONS,
  ...PROMISE_MUTATIONS,
];
