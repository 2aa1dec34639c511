import type { Agent, AgentOptions, ClientRequest } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { describeProxy, type ProxyServer } from './proxyRules.ts';

/** Settings of the connections: keep-alive, and TLS for the server behind the proxy. */
export interface ProxyAgentOptions {
  /** Whether the URLs of the requests have the scheme `https`. */
  readonly isSecure: boolean;
  readonly agent: AgentOptions;
  readonly tls?: ConnectionOptions;
}

/** Error code of a proxy that refuses to connect. The request has never reached its server. */
export const PROXY_REFUSED = 'ERR_PROXY_REFUSED';

/**
 * Creates an agent that connects through a proxy. An https proxy is verified with the same certificate authorities as the server, as in
 * Go. The libraries are loaded on first use, because few installations use a proxy.
 */
export async function createProxyAgent(
  proxy: ProxyServer,
  { isSecure, agent, tls = {} }: ProxyAgentOptions,
): Promise<Agent> {
  const { ca, rejectUnauthorized } = tls;
  const options = {
    ...agent,
    ...(ca !== undefined && { ca }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  };
  const created = await agentFor(proxy.url, isSecure, options);
  // The libraries pass the options of the constructor only to the proxy, and else derive the scheme from a stack trace.
  const { options: ofRequests } = created as Agent & { readonly options: object };
  Object.assign(ofRequests, agent, tls, { secureEndpoint: isSecure });
  Object.assign(created, isSecure ? { protocol: 'https:', defaultPort: 443 } : { protocol: 'http:', defaultPort: 80 });
  created.on('proxyConnect', (response: { readonly statusCode?: number; readonly statusText?: string }, request) => {
    // The library would return the response of the proxy as a response of the server.
    if (response.statusCode !== undefined && response.statusCode !== 200) {
      (request as ClientRequest).destroy(refusal(proxy, response.statusCode));
    }
  });
  return created;
}

async function agentFor(url: URL, isSecure: boolean, options: object): Promise<Agent> {
  if (url.protocol.startsWith('socks')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    // In Go, the proxy resolves the names.
    return new SocksProxyAgent(url.href.replace(/^socks5:/, 'socks5h:'), options);
  }
  if (isSecure) {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(url.href, options);
  }
  const { HttpProxyAgent } = await import('http-proxy-agent');
  return new HttpProxyAgent(url.href, options);
}

function refusal(proxy: ProxyServer, status: number): Error {
  const advice = status === 407 ? `; add the user and password of the proxy to ${proxy.setting}` : '';
  return Object.assign(new Error(`${describeProxy(proxy)} refused the connection: HTTP ${status}${advice}`), {
    code: PROXY_REFUSED,
  });
}
