import Type from 'typebox';
import type { PolicyDocument } from '../aws/permissions.ts';

const STRINGS = {
  type: ['string', 'array'],
  items: { type: 'string' },
  description: 'Text or list of texts.',
};
const CONDITION_KEYS = { type: 'object', additionalProperties: STRINGS };

/** Schema of the IAM policies that the simulator can evaluate. */
export const IAM_POLICY_SCHEMA = Type.Unsafe<PolicyDocument>({
  type: 'object',
  additionalProperties: false,
  required: ['Version', 'Statement'],
  description: 'IAM policy, as printed by wsap iam.',
  properties: {
    Version: { enum: ['2012-10-17'] },
    Statement: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['Effect', 'Action', 'Resource'],
        properties: {
          Sid: { type: 'string' },
          Effect: { enum: ['Allow', 'Deny'] },
          Action: STRINGS,
          Resource: STRINGS,
          Condition: {
            type: 'object',
            additionalProperties: false,
            properties: {
              StringEquals: CONDITION_KEYS,
              StringNotEquals: CONDITION_KEYS,
              StringLike: CONDITION_KEYS,
              Null: CONDITION_KEYS,
            },
          },
        },
      },
    },
  },
});
