import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { operatorCommand } from '../../src/cli/commands/operator.ts';

const schema = JSON.parse(readFileSync(new URL('../../deploy/helm/wsap/values.schema.json', import.meta.url), 'utf8'));
const ajv = new Ajv({ strict: false });

/** Whether the schema of the chart accepts a value. */
function isInSchema(group: string, name: string, value: string): boolean {
  return ajv.validate(schema.properties[group].properties[name], value);
}

/** Whether the operator accepts the value of a flag. */
function isFlag(flag: string, value: string): boolean {
  const command = operatorCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action(() => {});
  try {
    command.parse([flag, value], { from: 'user' });
    return true;
  } catch {
    return false;
  }
}

describe.each([
  ['operator', 'leaseDuration', '--lease-duration'],
  ['operator', 'renewDeadline', '--renew-deadline'],
  ['operator', 'retryPeriod', '--retry-period'],
  ['reports', 'interval', '--report-interval'],
])('%s.%s of the chart', (group, name, flag) => {
  test.each(['15s', '5m', '1h', '1m30s', '500ms', '0s', '1d', '10', '', '1.5s'])(
    'and the operator agree on "%s"',
    (value) => {
      expect(isInSchema(group, name, value)).toBe(isFlag(flag, value));
    },
  );
});

test.each(['desktops', 'Desktops', '', '-a', 'a,b', 'x'.repeat(64)])(
  'operator.namespace of the chart and the operator agree on "%s"',
  (value) => {
    expect(isInSchema('operator', 'namespace', value)).toBe(isFlag('--namespace', value));
  },
);
