import { describe, expect, test } from 'vitest';
import { describeProxy, ProxyRules } from '../../src/network/proxyRules.ts';

const PROXY = 'http://proxy.test:3128';

/** Returns the proxy for a URL, or undefined for a direct connection. */
function proxyFor(url: string, env: NodeJS.ProcessEnv): string | undefined {
  return new ProxyRules(env).proxyFor(new URL(url))?.url.href;
}

describe('the variable of the proxy', () => {
  test.each([
    ['https://a.test', { HTTPS_PROXY: PROXY }, 'http://proxy.test:3128/'],
    ['https://a.test', { https_proxy: PROXY }, 'http://proxy.test:3128/'],
    ['https://a.test', { HTTPS_PROXY: '', https_proxy: PROXY }, 'http://proxy.test:3128/'],
    ['https://a.test', { HTTPS_PROXY: PROXY, https_proxy: 'http://other.test' }, 'http://proxy.test:3128/'],
    ['https://a.test', { HTTP_PROXY: PROXY }, undefined],
    ['http://a.test', { HTTP_PROXY: PROXY }, 'http://proxy.test:3128/'],
    ['http://a.test', { HTTPS_PROXY: PROXY }, undefined],
    ['https://a.test', { ALL_PROXY: PROXY }, undefined],
    ['https://a.test', { HTTPS_PROXY: 'proxy.test:3128' }, 'http://proxy.test:3128/'],
    ['https://a.test', { HTTPS_PROXY: 'proxy.test' }, 'http://proxy.test/'],
    ['https://a.test', { HTTPS_PROXY: '10.0.0.1:3128' }, 'http://10.0.0.1:3128/'],
    ['https://a.test', { HTTPS_PROXY: 'https://proxy.test' }, 'https://proxy.test/'],
    ['https://a.test', { HTTPS_PROXY: 'socks5://proxy.test:1080' }, 'socks5://proxy.test:1080'],
    ['https://a.test', { HTTPS_PROXY: 'http://[fd00::1]:3128' }, 'http://[fd00::1]:3128/'],
  ])('%s with %j: %s', (url, env, expected) => {
    expect(proxyFor(url, env)).toBe(expected);
  });

  test('a proxy with an unsupported scheme is an error that names the variable', () => {
    expect(() => proxyFor('https://a.test', { https_proxy: 'ftp://u:secret@proxy.test' })).toThrow(
      /^https_proxy has the unsupported scheme ftp; use http, https, or socks5$/,
    );
  });

  test('the description of a proxy contains no user', () => {
    const rules = new ProxyRules({ HTTPS_PROXY: 'http://u:secret@proxy.test:3128' });
    const proxy = rules.proxyFor(new URL('https://a.test'));
    expect(proxy && describeProxy(proxy)).toBe('the proxy http://proxy.test:3128 of HTTPS_PROXY');
  });
});

describe('a direct connection in spite of a proxy', () => {
  test.each([
    ['https://localhost:6443', undefined],
    ['https://127.0.0.1', undefined],
    ['https://127.9.9.9:6443', undefined],
    ['https://[::1]:6443', undefined],
    ['https://a.test', '*'],
    ['https://a.test', 'b.test, *'],
    ['https://a.test', 'a.test'],
    ['https://A.TEST', 'a.test'],
    ['https://a.test', 'A.Test'],
    ['https://sub.a.test', 'a.test'],
    ['https://sub.a.test', '.a.test'],
    ['https://sub.a.test', '*.a.test'],
    ['https://deep.sub.a.test', '*.a.test'],
    ['https://a.test', ' b.test , a.test '],
    ['https://a.test', 'a.test:443'],
    ['https://a.test:6443', 'a.test:6443'],
    ['https://10.1.2.3', '10.0.0.0/8'],
    ['https://10.1.2.3', '10.1.2.3'],
    ['https://10.1.2.3:6443', '10.1.2.3:6443'],
    ['https://[fd00::5]', 'fd00::/8'],
    ['https://[fd00::5]', 'fd00::5'],
    ['https://[fd00::5]:6443', '[fd00::5]:6443'],
    ['https://[fd00::5]', 'fd00:0:0::5'],
    ['https://xn--mller-kva.test', 'müller.test'],
    ['https://sub.xn--mller-kva.test', '.müller.test'],
  ])('%s with NO_PROXY=%s', (url, noProxy) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      expect(proxyFor(url, { HTTPS_PROXY: PROXY, [name]: noProxy })).toBeUndefined();
    }
  });
});

describe('the proxy in spite of an exception', () => {
  test.each([
    ['https://a.test', 'b.test'],
    ['https://nota.test', 'a.test'],
    ['https://a.test', '.a.test'],
    ['https://a.test', '*.a.test'],
    ['https://a.test', 'a.test:6443'],
    ['https://a.test', 'a.test.'],
    ['https://a.test', '10.0.0.0/8'],
    ['https://11.1.2.3', '10.0.0.0/8'],
    ['https://10.1.2.3', '10.0.0.0/33'],
    ['https://10.1.2.3', '10.1.2'],
    ['https://10.1.2.3', '3'],
    ['https://10.1.2.3', '10.1.2.3:6443'],
    ['https://[fe80::5]', 'fd00::/8'],
    ['https://a.test', ':443'],
    ['https://a.test', ',, ,'],
    ['https://localhost.a.test', undefined],
  ])('%s with NO_PROXY=%s', (url, noProxy) => {
    expect(proxyFor(url, { HTTPS_PROXY: PROXY, NO_PROXY: noProxy })).toBe('http://proxy.test:3128/');
  });
});
