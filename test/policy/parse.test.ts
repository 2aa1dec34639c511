import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { InvalidResourceError } from '../../src/policy/invalidField.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { policyObject } from '../builders.ts';

const minimal = {
  metadata: { name: 'p', namespace: 'n' },
  spec: { workspaceSelector: { all: true }, applications: { denied: [{ name: 'Visio*' }] } },
};

test('the defaults are safe', () => {
  expect(parsePolicy(minimal)).toMatchObject({
    key: 'n/p',
    enforcement: 'Audit',
    suspend: false,
    interval: 600_000,
    unlisted: 'Keep',
    deploy: 'Automatic',
    maxAffectedWorkspaces: { percent: 20 },
  });
});

test('parsing does not change the resource', () => {
  const before = structuredClone(minimal);
  parsePolicy(Object.freeze(minimal));
  expect(minimal).toEqual(before);
});

test('the sample is valid', () => {
  const text = readFileSync(new URL('../../deploy/samples/no-visio.yaml', import.meta.url), 'utf8');
  expect(parsePolicy(parse(text)).enforcement).toBe('Enforce');
});

test.each([
  ['no spec', { metadata: { name: 'p' } }, 'spec: required'],
  ['no selector', policyObject('p', { workspaceSelector: undefined as never }), 'spec.workspaceSelector: required'],
  ['an empty selector', policyObject('p', { workspaceSelector: {} }), 'spec.workspaceSelector: must set all: true'],
  [
    'all: false',
    policyObject('p', { workspaceSelector: { all: false } }),
    'spec.workspaceSelector: must set all: true',
  ],
  [
    'an empty list of WorkSpaces',
    policyObject('p', { workspaceSelector: { workspaceIDs: [] } }),
    'spec.workspaceSelector.workspaceIDs: must NOT have fewer than 1 items',
  ],
  ['a misspelled field', policyObject('p', { enforcment: 'Audit' } as never), 'spec.enforcment: unknown field'],
  [
    'an unknown value',
    policyObject('p', { enforcement: 'Warn' as never }),
    'spec.enforcement: must be one of "Audit", "Approve", "Enforce"',
  ],
  ['an interval in days', policyObject('p', { interval: '1d' }), 'spec.interval: must match pattern'],
  [
    'an application by id and name',
    policyObject('p', { applications: { denied: [{ id: 'wsa-123456789', name: 'Visio' }] } }),
    'spec.applications.denied[0]: must set either id or name',
  ],
  [
    'an id with an owner',
    policyObject('p', { applications: { allowed: [{ id: 'wsa-123456789', owner: 'AMAZON' }] } }),
    'spec.applications.allowed[0]: must set either id or name',
  ],
  [
    'the only value of a field in lower case',
    policyObject('p', { rollout: { removeBefore: 'endOfMonth' } } as object),
    'spec.rollout.removeBefore: must be "EndOfMonth"',
  ],
  [
    'an unknown time zone',
    policyObject('p', {
      rollout: { maintenanceWindows: [{ cron: '@daily', timeZone: 'Mars/Phobos', duration: '1h' }] },
    }),
    'spec.rollout.maintenanceWindows[0].timeZone: must be a time zone of the IANA database',
  ],
  [
    'a percentage of 0',
    policyObject('p', { safeguards: { maxAffectedWorkspaces: '0%' } }),
    'spec.safeguards.maxAffectedWorkspaces: must be a number from 1',
  ],
])('%s is rejected with the field', (_, resource, message) => {
  expect(() => parsePolicy(resource)).toThrow(InvalidResourceError);
  expect(() => parsePolicy(resource)).toThrow(message);
});
