import { IN_AWS } from './aws.ts';
import { IN_EXECUTE } from './execute.ts';
import { IN_FLEET } from './fleet.ts';
import { IN_HOLDS } from './holds.ts';
import type { Mutation } from './mutation.ts';
import { IN_OPERATOR } from './operator.ts';
import { IN_PLAN } from './plan.ts';
import { IN_POLICY } from './policy.ts';
import { IN_RECONCILE } from './reconcile.ts';
import { IN_STATUS } from './status.ts';

/** Each rule, switched off where it is kept, by part of src. */
export const MUTATIONS: readonly Mutation[] = [
  ...IN_AWS,
  ...IN_FLEET,
  ...IN_POLICY,
  ...IN_PLAN,
  ...IN_HOLDS,
  ...IN_EXECUTE,
  ...IN_STATUS,
  ...IN_RECONCILE,
  ...IN_OPERATOR,
];
