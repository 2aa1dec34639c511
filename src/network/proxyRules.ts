import { BlockList, isIP, isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';

/** Environment variables of proxies. The upper-case name takes precedence, as in kubectl. */
type Variable = 'HTTP_PROXY' | 'HTTPS_PROXY' | 'NO_PROXY';

/** Proxy to use for a URL. */
export interface ProxyServer {
  readonly url: URL;
  /** Setting that names the proxy, for messages. */
  readonly setting: string;
}

const SUPPORTED = ['http:', 'https:', 'socks5:', 'socks5h:'];
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** An entry of `NO_PROXY`. Without a port, it applies to all ports. */
interface Exception {
  readonly port: string;
  matches(host: string): boolean;
}

/**
 * Rules that select a proxy by `HTTPS_PROXY`, `HTTP_PROXY`, and `NO_PROXY`, as in Go (golang.org/x/net/http/httpproxy), which kubectl
 * and Kubernetes use. Connections to `localhost` and to loopback addresses never use a proxy.
 */
export class ProxyRules {
  readonly #proxies: Readonly<Record<string, ProxyServer | undefined>>;
  readonly #exceptions: readonly Exception[];

  constructor(env: NodeJS.ProcessEnv) {
    this.#proxies = { 'http:': proxyIn(env, 'HTTP_PROXY'), 'https:': proxyIn(env, 'HTTPS_PROXY') };
    this.#exceptions = exceptionsIn(settingOf(env, 'NO_PROXY')?.value ?? '');
  }

  /** Whether no connection uses a proxy. */
  get isEmpty(): boolean {
    return Object.values(this.#proxies).every((proxy) => proxy === undefined);
  }

  /**
   * Returns the proxy for a URL. Undefined for a direct connection.
   *
   * @throws Error if the scheme of the proxy isn't supported
   */
  proxyFor(url: URL): ProxyServer | undefined {
    const proxy = this.#proxies[url.protocol];
    if (proxy === undefined || this.#isException(url)) {
      return undefined;
    }
    if (!SUPPORTED.includes(proxy.url.protocol)) {
      throw new Error(
        `${proxy.setting} has the unsupported scheme ${proxy.url.protocol.slice(0, -1)}; use http, https, or socks5`,
      );
    }
    return proxy;
  }

  #isException(url: URL): boolean {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
    const port = url.port || DEFAULT_PORTS[url.protocol];
    return (
      host === 'localhost' ||
      isLoopback(host) ||
      this.#exceptions.some(
        (exception) => (exception.port === '' || exception.port === port) && exception.matches(host),
      )
    );
  }
}

/** Returns a proxy for messages: without its user and password. */
export function describeProxy({ url, setting }: ProxyServer): string {
  return `the proxy ${url.protocol}//${url.host} of ${setting}`;
}

function settingOf(
  env: NodeJS.ProcessEnv,
  name: Variable,
): { readonly name: string; readonly value: string } | undefined {
  for (const variant of [name, name.toLowerCase()]) {
    const value = env[variant];
    if (value) {
      return { name: variant, value };
    }
  }
  return undefined;
}

/** Returns the proxy of a variable: a URL, or host and port. An invalid value means no proxy, as in Go. */
function proxyIn(env: NodeJS.ProcessEnv, name: Variable): ProxyServer | undefined {
  const setting = settingOf(env, name);
  const value = setting?.value.trim() ?? '';
  const given = URL.parse(value);
  const url = given !== null && given.host !== '' ? given : URL.parse(`http://${value}`);
  return setting === undefined || url === null ? undefined : { url, setting: setting.name };
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  return isIP(host) !== 0 && LOOPBACK.check(host, familyOf(host));
}

function exceptionsIn(list: string): Exception[] {
  const entries = list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  return entries.includes('*') ? [{ port: '', matches: () => true }] : entries.flatMap(exceptionOf);
}

/** Parses an entry: a CIDR, an address, or a domain, each of the latter with an optional port. Ignores an invalid entry, as Go does. */
function exceptionOf(entry: string): Exception[] {
  const [, address = '', prefix] = /^([^/]+)\/(\d+)$/.exec(entry) ?? [];
  if (isIP(address) !== 0 && Number(prefix) <= (isIPv4(address) ? 32 : 128)) {
    const range = new BlockList();
    range.addSubnet(address, Number(prefix), familyOf(address));
    return [{ port: '', matches: (host) => isIP(host) !== 0 && range.check(host, familyOf(host)) }];
  }
  const { host, port } = splitHostPort(entry);
  if (isIP(host) !== 0) {
    const only = new BlockList();
    only.addAddress(host, familyOf(host));
    return [{ port, matches: (other) => isIP(other) !== 0 && only.check(other, familyOf(other)) }];
  }
  const domain = host.replace(/^\*(?=\.)/, '');
  if (domain === '') {
    return [];
  }
  const name = isAscii(domain) ? domain : domainToASCII(domain.replace(/^\./, ''));
  const suffix = name.startsWith('.') || domain.startsWith('.') ? `.${name.replace(/^\./, '')}` : `.${name}`;
  const includesItself = !domain.startsWith('.');
  return [
    {
      port,
      matches: (other) =>
        isIP(other) === 0 && (other.endsWith(suffix) || (includesItself && other === suffix.slice(1))),
    },
  ];
}

/** Splits `host:port` and `[address]:port`. An address of IPv6 without brackets has no port. */
function splitHostPort(entry: string): { readonly host: string; readonly port: string } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d*)$/.exec(entry) ?? [];
  return { host: bracketed ?? plain ?? entry.replace(/^\[(.*)\]$/, '$1'), port };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
