import { describe, expect, test } from 'vitest';
import { receiverOf } from '../../src/notifications/receiver.ts';
import { CA_CERTIFICATE, SERVER_CERTIFICATE, SERVER_KEY } from '../certificates.ts';

const dataOf = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

describe('a Secret', () => {
  test('describes the receiver', () => {
    const { address, token, ca } = receiverOf(
      dataOf({ address: 'https://hooks.slack.com/services/T/B/x\n', token: ' xoxb-1 ', 'ca.crt': CA_CERTIFICATE }),
      { type: 'slack', secretName: 's' },
    );
    expect([address.href, token, ca]).toEqual([
      'https://hooks.slack.com/services/T/B/x',
      'xoxb-1',
      CA_CERTIFICATE.trim(),
    ]);
  });

  test.each([
    'http://alertmanager:9093',
    'http://alertmanager-operated.monitoring.svc:9093/x',
    'http://a.b.svc.cluster.local',
    'http://127.0.0.1:8080',
    'http://[::1]:8080',
  ])('may use http inside the cluster: %s', (address) => {
    expect(receiverOf(dataOf({ address }), { type: 'alertmanager', secretName: 's' }).address.href).toContain('http:');
  });

  test.each<[string, Record<string, string>, string]>([
    ['without an address', {}, 'Secret s: the key address is missing'],
    ['with another scheme', { address: 'file:///etc/s3cret' }, 'is not an HTTP URL'],
    ['with a text that is no URL', { address: 's3cret' }, 'is not an HTTP URL'],
    ['with http outside of the cluster', { address: 'http://hooks.example.com/s3cret' }, 'use https'],
    [
      'with http to a Service without its suffix',
      { address: 'http://alertmanager.monitoring:9093/s3cret' },
      'NAME.NAMESPACE.svc',
    ],
    ['with http to an address of the network', { address: 'http://10.0.0.1/s3cret' }, 'use https'],
    ['without the key of the HMAC', { address: 'https://example.com/s3cret' }, 'the key token is missing'],
  ])('%s is invalid, and the error contains none of its values', (_, values, message) => {
    const read = () => receiverOf(dataOf(values), { type: 'generic-hmac', secretName: 's' });
    expect(read).toThrow(message);
    expect(read).not.toThrow('s3cret');
  });

  test.each(['address', 'token', 'ca.crt'])(
    'with bytes that are no text in %s is invalid, because they would change',
    (key) => {
      const data = { ...dataOf({ address: 'https://example.com/s3cret', token: 'key' }), [key]: '/+7d' };
      const read = () => receiverOf(data, { type: 'generic-hmac', secretName: 's' });
      expect(read).toThrow(`Secret s: the value of ${key} is not text in UTF-8`);
      expect(read).not.toThrow('s3cret');
    },
  );

  test.each([
    ['a key', SERVER_KEY],
    ['another text', 's3cret'],
    ['a damaged certificate', CA_CERTIFICATE.replace('MII', 's3c')],
    ['a certificate and a damaged one', `${CA_CERTIFICATE}${SERVER_CERTIFICATE.replace('MII', 's3c')}`],
  ])('with %s in ca.crt is invalid, because Node.js ignores what is no certificate', (_, text) => {
    const read = () =>
      receiverOf(dataOf({ address: 'https://example.com/s3cret', 'ca.crt': text }), { type: 'slack', secretName: 's' });
    expect(read).toThrow('Secret s: the value of ca.crt is not a list of certificates in PEM; correct it');
    expect(read).not.toThrow('s3c');
  });

  test('may contain several certificates in ca.crt', () => {
    const text = `# test authority\n${CA_CERTIFICATE}\n${SERVER_CERTIFICATE}`;
    const data = dataOf({ address: 'https://example.com', 'ca.crt': text });
    expect(receiverOf(data, { type: 'slack', secretName: 's' }).ca).toBe(text.trim());
  });

  test('with a token that could add a header is invalid', () => {
    const data = dataOf({ address: 'https://slack.com/api/chat.postMessage', token: 'a\r\nHost: b' });
    expect(() => receiverOf(data, { type: 'slack', secretName: 's' })).toThrow('must not contain');
  });
});
