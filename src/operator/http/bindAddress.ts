import { isIP } from 'node:net';

/** Where to listen. */
export interface BindAddress {
  /** Undefined: on all addresses. */
  readonly host: string | undefined;
  /** 0: any that is free. */
  readonly port: number;
}

const ADVICE = 'It must be an address such as :8080, 127.0.0.1:8080 or [::1]:8080, or 0 for none.';
/** The host, an IPv6 address in brackets, and the port. */
const ADDRESS = /^(?:\[(?<ipv6>[^\]]*)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/;
/** RFC 1123. */
const HOST_NAME = /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i;

/** Reads an address as Go's net.Listen takes it; undefined for `0`, which means nowhere. Throws a RangeError that says what it must be. */
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

/** The same as text, for a URL or a person. */
export function formatBindAddress({ host = '', port }: BindAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Digits and dots alone are an IPv4 address, or a slip in one. */
function isHostName(text = ''): boolean {
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text);
}
