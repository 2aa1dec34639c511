import { isIP } from 'node:net';

/** Address to listen on. */
export interface BindAddress {
  /** Host. Undefined for all addresses. */
  readonly host: string | undefined;
  /** Port. 0 selects a free one. */
  readonly port: number;
}

const ADVICE = 'It must be an address, for example, :8080, 127.0.0.1:8080, or [::1]:8080, or 0 for none.';
/** Pattern for host and port. An IPv6 address is in brackets. */
const ADDRESS = /^(?:\[(?<ipv6>[^\]]*)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/;
/** Pattern for host names (RFC 1123). */
const HOST_NAME = /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i;

/**
 * Parses an address as Go's `net.Listen` does. Returns undefined for `0`, which disables the listener. Throws a
 * RangeError that describes valid addresses.
 */
export function parseBindAddress(text: string): BindAddress | undefined {
  if (text === '0') {
    return undefined;
  }
  const { ipv6, host, port } = ADDRESS.exec(text)?.groups ?? {};
  const isHost = ipv6 === undefined ? host === '' || isIP(host ?? '') === 4 || isHostName(host) : isIP(ipv6) === 6;
  if (!isHost || Number(port) > 65_535) {
    throw new RangeError(ADVICE);
  }
  return { host: ipv6 ?? (host || undefined), port: Number(port) };
}

/** Formats an address for a URL or a message. */
export function formatBindAddress({ host = '', port }: BindAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether a text is a host name. Digits and dots alone are an IPv4 address, possibly an invalid one. */
function isHostName(text = ''): boolean {
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text);
}
