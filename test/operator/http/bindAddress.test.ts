import { expect, test } from 'vitest';
import { formatBindAddress, parseBindAddress } from '../../../src/operator/http/bindAddress.ts';

test.each([
  [':8080', { host: undefined, port: 8080 }],
  [':0', { host: undefined, port: 0 }],
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['[::1]:8081', { host: '::1', port: 8081 }],
  ['[::]:65535', { host: '::', port: 65_535 }],
  ['localhost:80', { host: 'localhost', port: 80 }],
  ['metrics.wsap-system.svc:9090', { host: 'metrics.wsap-system.svc', port: 9090 }],
  ['0', undefined],
])('accepts %s as Go does', (text, expected) => {
  expect(parseBindAddress(text)).toEqual(expected);
  expect(expected && formatBindAddress(expected)).toBe(expected && text);
});

test.each([
  ['', 'nothing'],
  ['8080', 'a port alone'],
  [':', 'no port'],
  ['127.0.0.1', 'no port'],
  [':65536', 'a port out of range'],
  [':-1', 'a negative port'],
  [':80 80', 'a space'],
  [':http', 'the name of a port'],
  ['::1:8080', 'an IPv6 address without brackets'],
  ['[127.0.0.1]:8080', 'an IPv4 address in brackets'],
  ['[::1:8080', 'an unclosed bracket'],
  ['300.0.0.1:8080', 'an invalid IPv4 address'],
  ['1.2.3:8080', 'an incomplete IPv4 address'],
  ['http://127.0.0.1:8080', 'a URL'],
  ['-a:80', 'a host name with a hyphen first'],
  ['00', 'more than one zero'],
])('rejects %j: %s', (text) => {
  expect(() => parseBindAddress(text)).toThrow('It must be an address, for example, :8080');
});
