import { expect, test } from 'vitest';
import { resultOfResponse } from '../../src/notifications/responses.ts';
import type { ProviderType } from '../../src/policy/notificationProvider.ts';

const NOW = new Date('2027-01-02T00:00:00Z');

const cases: [ProviderType, boolean, number, string, string | undefined, object][] = [
  ['msteams', false, 202, '', undefined, { kind: 'Accepted' }],
  ['slack', false, 200, 'ok', undefined, { kind: 'Accepted' }],
  ['slack', true, 200, '{"ok":true}', undefined, { kind: 'Accepted' }],
  [
    'slack',
    true,
    200,
    '{"ok":false,"error":"not_in_channel"}',
    undefined,
    { kind: 'Rejected', message: 'Slack returned not_in_channel' },
  ],
  ['slack', true, 200, '{"ok":false,"error":"ratelimited"}', '30', { kind: 'Rejected', retryAfterMs: 30_000 }],
  ['slack', true, 200, '{"ok":false,"error":"internal_error"}', undefined, { kind: 'Unknown' }],
  [
    'slack',
    true,
    200,
    '{"ok":false,"error":"<!channel> evil"}',
    undefined,
    { kind: 'Rejected', message: 'Slack returned unknown_error' },
  ],
  ['slack', true, 200, '<html>', undefined, { kind: 'Unknown' }],
  ['slack', false, 429, '', '7', { kind: 'Rejected', retryAfterMs: 7_000 }],
  ['slack', false, 503, '', 'Sat, 02 Jan 2027 00:01:00 GMT', { kind: 'Rejected', retryAfterMs: 60_000 }],
  ['slack', false, 429, '', 'soon', { kind: 'Rejected', retryAfterMs: undefined }],
  [
    'slack',
    false,
    500,
    'secret in the body',
    undefined,
    { kind: 'Unknown', message: 'HTTP 500; the receiver may have accepted the message' },
  ],
  ['msteams', false, 504, '', undefined, { kind: 'Unknown' }],
  ['generic-hmac', true, 302, '', undefined, { kind: 'Rejected' }],
  [
    'generic-hmac',
    true,
    401,
    '',
    undefined,
    { kind: 'Rejected', message: 'HTTP 401; check the token and the address in the Secret' },
  ],
  [
    'alertmanager',
    false,
    400,
    'invalid label',
    undefined,
    { kind: 'Rejected', message: 'HTTP 400: the receiver rejects the message' },
  ],
  ['msteams', false, 413, '', undefined, { kind: 'Rejected', isContent: true }],
  ['generic-hmac', true, 500, '', undefined, { kind: 'Unknown', isContent: true }],
  ['generic-hmac', true, 502, '', undefined, { kind: 'Unknown', isContent: false }],
  ['slack', false, 404, '', undefined, { kind: 'Rejected', isContent: false }],
  ['slack', true, 200, '{"ok":false,"error":"msg_too_long"}', undefined, { kind: 'Rejected', isContent: true }],
];

test.each(cases)(
  '%s, token %s: HTTP %i with %j and Retry-After %s',
  (type, hasToken, status, body, retryAfter, expected) => {
    expect(resultOfResponse({ type }, hasToken, { status, body, retryAfter }, NOW)).toMatchObject(expected);
  },
);
