import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { CA_CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY } from '../certificates.ts';
import { COMPILE_CACHE } from '../environment/compileCache.ts';
import { type RecordedRequest, RecordingServers } from './recordingServer.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const CA = Buffer.from(CA_CERTIFICATE).toString('base64');
const CERTIFICATE = { 'client-certificate-data': base64(CLIENT_CERTIFICATE), 'client-key-data': base64(CLIENT_KEY) };
const PLUGIN_VERSION = 'client.authentication.k8s.io/v1';

let servers: RecordingServers;
let folder: string;
beforeAll(async () => {
  servers = await RecordingServers.start();
});
afterAll(() => servers[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-kubectl-'));
  return () => rm(folder, { recursive: true });
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** A kubeconfig, and other files by path. Texts contain the ports of the servers as `{first}`. */
interface Case {
  readonly files: Readonly<Record<string, object | string>>;
  /** Paths in KUBECONFIG. Defaults to `config`. */
  readonly kubeconfig?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Fields of the request that both commands send. Undefined if both fail without a request. */
  readonly sends: Partial<RecordedRequest> | undefined;
  /** What the proxies see. Defaults to nothing. */
  readonly through?: string;
}

/** Returns a kubeconfig with one context. */
function config(user: object = {}, cluster: object = {}, context: object = {}, more: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'c', cluster: { server: 'https://127.0.0.1:{first}', 'certificate-authority-data': CA, ...cluster } },
    ],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', ...context } }],
    'current-context': 'x',
    ...more,
  };
}

/** Returns a kubeconfig whose names and token contain the server. */
function named(server: string, { current = server as string | null, namespace = `ns-${server}` } = {}): object {
  return {
    clusters: [
      {
        name: server,
        cluster: { server: `https://127.0.0.1:{${server}}`, 'certificate-authority-data': CA },
      },
    ],
    users: [{ name: server, user: { token: `token-${server}` } }],
    contexts: [{ name: server, context: { cluster: server, user: server, namespace } }],
    ...(current !== null && { 'current-context': current }),
  };
}

/** Returns a user whose plugin prints a token. */
function plugin(command: string, more: object = {}): object {
  return { exec: { apiVersion: PLUGIN_VERSION, command, interactiveMode: 'Never', ...more } };
}

/** A plugin that returns what a shell command prints as the token. */
function tokenScript(printToken: string, more = ''): string {
  const status = `{\\"token\\":\\"$(${printToken})\\"${more}}`;
  return `#!/bin/sh\necho "{\\"apiVersion\\":\\"${PLUGIN_VERSION}\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":${status}}"\n`;
}

/** A plugin whose token contains KUBERNETES_EXEC_INFO. */
const INFO = tokenScript(`printf %s "$KUBERNETES_EXEC_INFO" | base64 | tr -d '\\n'`);
const policiesIn = (namespace: string) =>
  `/apis/wsap.dev/v1alpha1/namespaces/${namespace}/workspaceapplicationpolicies`;

async function write({ files }: Case): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    const resolved = text.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) =>
      servers.hasServer(name) ? String(servers.port(name)) : placeholder,
    );
    await writeFile(file, resolved, { mode: 0o755 });
  }
}

/** Runs a command with the files of the case, in another folder, and returns what the servers received. */
async function run(command: string, args: readonly string[], { kubeconfig = ['config'], env = {}, ...given }: Case) {
  servers.requests.length = 0;
  servers.proxied.length = 0;
  const elsewhere = join(folder, 'elsewhere');
  await mkdir(elsewhere, { recursive: true });
  const resolved = Object.entries(env).map(([name, value]) => [
    name,
    value.replaceAll(/\{(\w+)\}/g, (_, server: string) => String(servers.port(server))),
  ]);
  const child = spawn(command, [...args, ...(given.args ?? [])], {
    cwd: elsewhere,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...COMPILE_CACHE,
      PATH: process.env.PATH,
      HOME: folder,
      KUBECACHEDIR: join(folder, 'cache'),
      KUBECTL_KUBERC: 'false',
      KUBECONFIG: kubeconfig.map((path) => (path === '' ? '' : join(folder, path))).join(delimiter),
      ...Object.fromEntries(resolved),
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number | null>((done, failed) => {
    child.on('close', done);
    child.on('error', failed);
  });
  return { failed: code !== 0, request: servers.requests.at(-1), through: servers.proxied.at(-1), output };
}

const kubectl = (given: Case) => run(inject('kubectl'), ['get', 'workspaceapplicationpolicies', '-o', 'name'], given);
const wsap = (given: Case) => run(process.execPath, [MAIN, 'get', '-o', 'json'], given);

const CASES: Readonly<Record<string, Case>> = {
  'the first of several files sets the current context': {
    files: { a: named('first'), b: named('second') },
    kubeconfig: ['a', 'b'],
    sends: { server: 'first', authorization: 'Bearer token-first', path: policiesIn('ns-first') },
  },
  'a later file sets the current context if the first sets none': {
    files: { a: named('first', { current: null }), b: named('second') },
    kubeconfig: ['a', 'b'],
    sends: { server: 'second', authorization: 'Bearer token-second', path: policiesIn('ns-second') },
  },
  'an empty current context sets none': {
    files: { a: named('first', { current: '' }), b: named('second') },
    kubeconfig: ['a', 'b'],
    sends: { server: 'second' },
  },
  'the current context of the first file refers to a later file': {
    files: { a: { 'current-context': 'second' }, b: named('second') },
    kubeconfig: ['a', 'b'],
    sends: { server: 'second', authorization: 'Bearer token-second' },
  },
  'the first definition of a name wins': {
    files: {
      a: config({ token: 'one' }, {}, { namespace: 'ns1' }),
      b: config({ token: 'two' }, { server: 'https://127.0.0.1:{second}' }),
    },
    kubeconfig: ['a', 'b'],
    sends: { server: 'first', authorization: 'Bearer one', path: policiesIn('ns1') },
  },
  'fields of a later definition are not merged': {
    files: {
      a: { users: [{ name: 'u', user: { token: 'one', 'as-groups': ['g'] } }] },
      b: config({ token: 'two', as: 'bob', ...CERTIFICATE }),
    },
    kubeconfig: ['a', 'b'],
    sends: undefined,
  },
  'a missing file is skipped': {
    files: { a: named('first') },
    kubeconfig: ['missing', 'a', 'nowhere/missing'],
    sends: { server: 'first', authorization: 'Bearer token-first' },
  },
  'an empty entry is skipped, and a file can be listed twice': {
    files: { a: named('first'), empty: '' },
    kubeconfig: ['', 'a', 'a', 'empty', ''],
    sends: { server: 'first' },
  },
  'an unreadable entry fails': {
    files: { a: named('first'), 'directory/file': '' },
    kubeconfig: ['directory', 'a'],
    sends: undefined,
  },
  'an invalid file fails, even if it is not the first': {
    files: { a: named('first'), b: 'clusters: [' },
    kubeconfig: ['a', 'b'],
    sends: undefined,
  },
  'two entries of one name in a file fail': {
    files: {
      config: {
        ...config({ token: 't' }),
        users: [
          { name: 'u', user: { token: 'a' } },
          { name: 'u', user: { token: 'b' } },
        ],
      },
    },
    sends: undefined,
  },
  'a token that is a number fails': {
    files: { config: config({ token: 4711 }) },
    sends: undefined,
  },
  'empty flags count as not set': {
    files: { a: named('first') },
    kubeconfig: ['a'],
    args: ['--context', '', '--kubeconfig', '', '--namespace', '', '--as', ''],
    sends: { server: 'first', path: policiesIn('ns-first'), impersonation: {} },
  },
  'YAML with a byte order mark, anchors, and a second document': {
    files: {
      config: [
        '\uFEFFclusters:',
        `- {name: c, cluster: {server: "https://127.0.0.1:{first}", certificate-authority-data: ${CA}}}`,
        'users:',
        '- name: u',
        '  user: &user {token: anchored}',
        '- {name: v, user: *user}',
        'contexts: [{name: x, context: {cluster: c, user: v}}]',
        'current-context: x',
        '---',
        'current-context: other',
      ].join('\n'),
    },
    sends: { authorization: 'Bearer anchored' },
  },
  'YAML booleans of version 1.1': {
    files: {
      config: `clusters: [{name: c, cluster: {server: "https://127.0.0.1:{first}", insecure-skip-tls-verify: yes}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x`,
    },
    sends: { authorization: 'Bearer t' },
  },
  'another kind fails': { files: { config: config({ token: 't' }, {}, {}, { kind: 'Other' }) }, sends: undefined },
  'without KUBECONFIG, the file in the home directory is used': {
    files: { '.kube/config': named('second') },
    kubeconfig: [],
    sends: { server: 'second' },
  },
  '--kubeconfig replaces all other files': {
    files: { a: named('first'), b: named('second') },
    kubeconfig: ['a'],
    args: ['--kubeconfig', '../b'],
    sends: { server: 'second', authorization: 'Bearer token-second' },
  },
  '--kubeconfig with a missing file fails': {
    files: { a: named('first') },
    kubeconfig: ['a'],
    args: ['--kubeconfig', 'missing'],
    sends: undefined,
  },
  '--context selects a context of any file': {
    files: { a: named('first'), b: named('second') },
    kubeconfig: ['a', 'b'],
    args: ['--context', 'second'],
    sends: { server: 'second', authorization: 'Bearer token-second', path: policiesIn('ns-second') },
  },
  'a missing context fails': {
    files: { a: named('first') },
    kubeconfig: ['a'],
    args: ['--context', 'no'],
    sends: undefined,
  },
  'a missing current context fails': {
    files: { a: named('first', { current: 'no' }) },
    kubeconfig: ['a'],
    sends: undefined,
  },
  '--namespace replaces the namespace of the context': {
    files: { a: named('first') },
    kubeconfig: ['a'],
    args: ['--namespace', 'other'],
    sends: { path: policiesIn('other') },
  },
  'the namespace defaults to default': {
    files: { config: config({ token: 't' }) },
    sends: { path: policiesIn('default') },
  },
  'a server with a path': {
    files: { config: config({ token: 't' }, { server: 'https://127.0.0.1:{first}/prefix/' }) },
    sends: { server: 'first', path: `/prefix${policiesIn('default')}` },
  },
  'a token in a file, relative to the kubeconfig': {
    files: { 'sub/config': config({ tokenFile: 'sa.token' }), 'sub/sa.token': '  from-file\n' },
    kubeconfig: ['sub/config'],
    sends: { authorization: 'Bearer from-file' },
  },
  'a token file wins over a token': {
    files: { config: config({ token: 'inline', tokenFile: 'sa.token' }), 'sa.token': 'from-file' },
    sends: { authorization: 'Bearer from-file' },
  },
  'a token replaces a missing token file': {
    files: { config: config({ token: 'inline', tokenFile: 'missing' }) },
    sends: { authorization: 'Bearer inline' },
  },
  'a missing token file fails': { files: { config: config({ tokenFile: 'missing' }) }, sends: undefined },
  'an empty token file fails': {
    files: { config: config({ tokenFile: 'sa.token' }), 'sa.token': '\n' },
    sends: undefined,
  },
  'a user and a password': {
    files: { config: config({ username: 'alice', password: 'p:w' }) },
    sends: { authorization: `Basic ${base64('alice:p:w')}` },
  },
  'a token and a password fail': {
    files: { config: config({ token: 't', username: 'alice', password: 'pw' }) },
    sends: undefined,
  },
  'a client certificate in the kubeconfig': {
    files: { config: config(CERTIFICATE) },
    sends: { certificate: 'alice', authorization: undefined },
  },
  'certificates in files, relative to the kubeconfig': {
    files: {
      'sub/config': config(
        { 'client-certificate': 'tls/client.crt', 'client-key': 'tls/client.key' },
        { 'certificate-authority-data': undefined, 'certificate-authority': '../ca.crt' },
      ),
      'sub/tls/client.crt': CLIENT_CERTIFICATE,
      'sub/tls/client.key': CLIENT_KEY,
      'ca.crt': CA_CERTIFICATE,
    },
    kubeconfig: ['sub/config'],
    sends: { certificate: 'alice' },
  },
  'a certificate authority in a file and in the kubeconfig': {
    files: { config: config({ token: 't' }, { 'certificate-authority': 'ca.crt' }), 'ca.crt': CA_CERTIFICATE },
    sends: undefined,
  },
  'a client certificate in a file and in the kubeconfig': {
    files: { config: config({ ...CERTIFICATE, 'client-certificate': 'c.crt' }), 'c.crt': CLIENT_CERTIFICATE },
    sends: undefined,
  },
  'a client certificate without a key': {
    files: { config: config({ 'client-certificate-data': CERTIFICATE['client-certificate-data'] }) },
    sends: undefined,
  },
  'an unknown certificate authority': {
    files: { config: config({ token: 't' }, { 'certificate-authority-data': undefined }) },
    sends: undefined,
  },
  'insecure-skip-tls-verify': {
    files: {
      config: config({ token: 't' }, { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true }),
    },
    sends: { authorization: 'Bearer t' },
  },
  'insecure-skip-tls-verify with a certificate authority': {
    files: { config: config({ token: 't' }, { 'insecure-skip-tls-verify': true }) },
    sends: undefined,
  },
  'tls-server-name': {
    files: { config: config({ token: 't' }, { 'tls-server-name': 'api.example.test' }) },
    sends: { serverName: 'api.example.test', authorization: 'Bearer t' },
  },
  'tls-server-name that the certificate does not contain': {
    files: { config: config({ token: 't' }, { 'tls-server-name': 'api.other.test' }) },
    sends: undefined,
  },
  'a plain HTTP server gets no credentials': {
    files: { config: config({ token: 't', ...CERTIFICATE, as: 'bob' }, { server: 'http://127.0.0.1:{plain}' }) },
    sends: { server: 'plain', authorization: undefined, impersonation: { 'impersonate-user': ['bob'] } },
  },
  'a server without a scheme uses plain HTTP': {
    files: { config: config({ token: 't' }, { server: '127.0.0.1:{plain}' }) },
    sends: { server: 'plain', authorization: undefined },
  },
  'impersonation in the kubeconfig': {
    files: {
      config: config({
        token: 't',
        as: 'bob',
        'as-uid': '4711',
        'as-groups': ['admins', 'ops'],
        'as-user-extra': { reason: ['audit', 'second'], 'acme.com/päth': ['x'] },
      }),
    },
    sends: {
      authorization: 'Bearer t',
      impersonation: {
        'impersonate-user': ['bob'],
        'impersonate-uid': ['4711'],
        'impersonate-group': ['admins', 'ops'],
        'impersonate-extra-reason': ['audit', 'second'],
        'impersonate-extra-acme.com%2fp%c3%a4th': ['x'],
      },
    },
  },
  'impersonation by flags': {
    files: { config: config({ token: 't' }) },
    args: [
      '--as',
      'bob',
      '--as-group',
      'a',
      '--as-group',
      'b',
      '--as-uid',
      '1',
      '--as-user-extra',
      'k=v=w',
      '--as-user-extra',
      'k=2',
    ],
    sends: {
      impersonation: {
        'impersonate-user': ['bob'],
        'impersonate-uid': ['1'],
        'impersonate-group': ['a', 'b'],
        'impersonate-extra-k': ['v=w', '2'],
      },
    },
  },
  'flags replace only their own fields of the impersonation': {
    files: { config: config({ token: 't', as: 'bob', 'as-groups': ['g'], 'as-uid': '7' }) },
    args: ['--as', 'carol'],
    sends: {
      impersonation: { 'impersonate-user': ['carol'], 'impersonate-group': ['g'], 'impersonate-uid': ['7'] },
    },
  },
  'impersonation of a group without a user fails': {
    files: { config: config({ token: 't', 'as-groups': ['g'] }) },
    sends: undefined,
  },
  '--as-group without a user fails': {
    files: { config: config({ token: 't' }) },
    args: ['--as-group', 'g'],
    sends: undefined,
  },
  'a plugin with a path relative to the kubeconfig': {
    files: { 'sub/config': config(plugin('./bin/token.sh')), 'sub/bin/token.sh': tokenScript('echo relative') },
    kubeconfig: ['sub/config'],
    sends: { authorization: 'Bearer relative' },
  },
  'a plugin in a folder beside the kubeconfig': {
    files: { 'sub/config': config(plugin('bin/token.sh')), 'sub/bin/token.sh': tokenScript('echo nested') },
    kubeconfig: ['sub/config'],
    sends: { authorization: 'Bearer nested' },
  },
  'a plugin in PATH, not in the folder of the kubeconfig': {
    files: {
      config: config(plugin('token.sh')),
      'token.sh': tokenScript('echo wrong'),
      'path/token.sh': tokenScript('echo path'),
    },
    env: { PATH: `{folder}/path${delimiter}${process.env.PATH}` },
    sends: { authorization: 'Bearer path' },
  },
  'a missing plugin fails': {
    files: { config: config(plugin('no-such-plugin', { installHint: 'hint' })) },
    sends: undefined,
  },
  'a plugin with arguments and variables': {
    files: {
      config: config(
        plugin('sh', {
          args: ['-c', tokenScript('echo "$GREETING-$HOME_OF"')],
          env: [{ name: 'GREETING', value: 'hi' }],
        }),
      ),
    },
    env: { HOME_OF: 'inherited', GREETING: 'overwritten' },
    sends: { authorization: 'Bearer hi-inherited' },
  },
  'a plugin that returns a certificate': {
    files: {
      config: config(plugin('cat', { args: ['{folder}/credential'] })),
      credential: {
        apiVersion: PLUGIN_VERSION,
        kind: 'ExecCredential',
        status: { clientCertificateData: CLIENT_CERTIFICATE, clientKeyData: CLIENT_KEY },
      },
    },
    sends: { certificate: 'alice', authorization: undefined },
  },
  'a plugin that returns a certificate and a token': {
    files: {
      config: config(plugin('cat', { args: ['{folder}/credential'] })),
      credential: {
        apiVersion: PLUGIN_VERSION,
        kind: 'ExecCredential',
        status: { clientCertificateData: CLIENT_CERTIFICATE, clientKeyData: CLIENT_KEY, token: 'both' },
      },
    },
    sends: { certificate: 'alice', authorization: 'Bearer both' },
  },
  'a plugin is not used beside a token': {
    files: { config: config({ token: 'own', ...plugin('sh', { args: ['-c', tokenScript('echo plugin')] }) }) },
    sends: { authorization: 'Bearer own' },
  },
  'a plugin is not used beside a client certificate': {
    files: { config: config({ ...CERTIFICATE, ...plugin('sh', { args: ['-c', tokenScript('echo plugin')] }) }) },
    sends: { certificate: 'alice', authorization: undefined },
  },
  'a plugin of v1beta1 needs no interactiveMode': {
    files: {
      config: config(
        plugin('sh', {
          apiVersion: `${PLUGIN_VERSION}beta1`,
          interactiveMode: undefined,
          args: ['-c', tokenScript('echo beta').replace(PLUGIN_VERSION, `${PLUGIN_VERSION}beta1`)],
        }),
      ),
    },
    sends: { authorization: 'Bearer beta' },
  },
  'a plugin of v1 needs interactiveMode': {
    files: { config: config(plugin('sh', { interactiveMode: undefined, args: ['-c', tokenScript('echo x')] })) },
    sends: undefined,
  },
  'a plugin of an unknown version fails': {
    files: {
      config: config(plugin('sh', { apiVersion: `${PLUGIN_VERSION}alpha1`, args: ['-c', tokenScript('echo x')] })),
    },
    sends: undefined,
  },
  'a plugin that returns another version fails': {
    files: {
      config: config(plugin('sh', { apiVersion: `${PLUGIN_VERSION}beta1`, args: ['-c', tokenScript('echo x')] })),
    },
    sends: undefined,
  },
  'a plugin that requires a terminal fails without one': {
    files: { config: config(plugin('sh', { interactiveMode: 'Always', args: ['-c', tokenScript('echo x')] })) },
    sends: undefined,
  },
  'a plugin that returns no credential fails': {
    files: { config: config(plugin('sh', { args: ['-c', tokenScript('true')] })) },
    sends: undefined,
  },
  'a plugin that fails': { files: { config: config(plugin('false')) }, sends: undefined },
  'proxy-url of an HTTP proxy': {
    files: {
      config: config(
        { token: 't' },
        { server: 'https://api.example.test:6443', 'proxy-url': 'http://127.0.0.1:{http}' },
      ),
    },
    sends: { server: 'first', authorization: 'Bearer t', serverName: 'api.example.test' },
    through: 'http CONNECT api.example.test:6443',
  },
  'proxy-url with a user': {
    files: {
      config: config(
        { token: 't' },
        { server: 'https://api.example.test:6443', 'proxy-url': 'http://me:p%40ss@127.0.0.1:{http}' },
      ),
    },
    sends: { server: 'first' },
    through: `http CONNECT api.example.test:6443 Basic ${base64('me:p@ss')}`,
  },
  'proxy-url of an HTTPS proxy': {
    files: {
      config: config(
        { token: 't' },
        { server: 'https://api.example.test:6443', 'proxy-url': 'https://localhost:{https}' },
      ),
    },
    sends: { server: 'first', authorization: 'Bearer t' },
    through: 'https CONNECT api.example.test:6443',
  },
  'proxy-url of a SOCKS 5 proxy, which resolves the name': {
    files: {
      config: config(
        { token: 't' },
        { server: 'https://api.example.test:6443', 'proxy-url': 'socks5://127.0.0.1:{socks5}' },
      ),
    },
    sends: { server: 'first', authorization: 'Bearer t', serverName: 'api.example.test' },
    through: 'socks5 CONNECT api.example.test:6443',
  },
  'proxy-url with another scheme fails': {
    files: { config: config({ token: 't' }, { 'proxy-url': 'ftp://127.0.0.1:{http}' }) },
    sends: undefined,
  },
  HTTPS_PROXY: {
    files: { config: config({ token: 't' }, { server: 'https://api.example.test:6443' }) },
    env: { HTTPS_PROXY: 'http://127.0.0.1:{http}' },
    sends: { server: 'first', authorization: 'Bearer t' },
    through: 'http CONNECT api.example.test:6443',
  },
  'HTTPS_PROXY without a scheme wins over https_proxy': {
    files: { config: config({ token: 't' }, { server: 'https://api.example.test' }) },
    env: { HTTPS_PROXY: '127.0.0.1:{http}', https_proxy: 'http://127.0.0.1:9' },
    sends: { server: 'first' },
    through: 'http CONNECT api.example.test:443',
  },
  'HTTPS_PROXY of a SOCKS 5 proxy': {
    files: { config: config({ token: 't' }, { server: 'https://api.example.test' }) },
    env: { HTTPS_PROXY: 'socks5://127.0.0.1:{socks5}' },
    sends: { server: 'first' },
    through: 'socks5 CONNECT api.example.test:443',
  },
  'proxy-url wins over HTTPS_PROXY and NO_PROXY': {
    files: {
      config: config({ token: 't' }, { server: 'https://api.example.test', 'proxy-url': 'http://127.0.0.1:{http}' }),
    },
    env: { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '*' },
    sends: { server: 'first' },
    through: 'http CONNECT api.example.test:443',
  },
  'HTTP_PROXY for a plain HTTP server': {
    files: { config: config({}, { server: 'http://api.example.test:8080' }) },
    env: { HTTP_PROXY: 'http://127.0.0.1:{http}' },
    sends: { server: 'plain' },
    through: `http GET http://api.example.test:8080${policiesIn('default')}?limit=500`,
  },
  'HTTP_PROXY is not for an HTTPS server': {
    files: { config: config({ token: 't' }) },
    env: { HTTP_PROXY: 'http://127.0.0.1:9' },
    sends: { server: 'first' },
  },
  'a loopback address uses no proxy': {
    files: { config: config({ token: 't' }) },
    env: { HTTPS_PROXY: 'http://127.0.0.1:9' },
    sends: { server: 'first' },
  },
  'localhost uses no proxy': {
    files: { config: config({ token: 't' }, { server: 'https://localhost:{first}' }) },
    env: { HTTPS_PROXY: 'http://127.0.0.1:9' },
    sends: { server: 'first', serverName: 'localhost' },
  },
  'NO_PROXY with a domain': {
    files: { config: config({ token: 't' }, { server: 'https://api.example.invalid' }) },
    env: { HTTPS_PROXY: 'http://127.0.0.1:{http}', NO_PROXY: 'other.test, example.invalid' },
    sends: undefined,
  },
  'a proxy that refuses the connection fails': {
    files: { config: config({ token: 't' }, { server: 'https://api.example.test' }) },
    env: { HTTPS_PROXY: 'http://127.0.0.1:9' },
    sends: undefined,
  },
};

describe('wsap reads a kubeconfig as kubectl does', () => {
  test.each(Object.entries(CASES))('%s', async (_, given) => {
    const placed = place(given);
    await write(placed);
    const byKubectl = await kubectl(placed);
    const byWsap = await wsap(placed);
    const { sends, through } = placed;
    if (sends === undefined) {
      expect({ kubectl: byKubectl.failed, wsap: byWsap.failed }, byWsap.output).toEqual({ kubectl: true, wsap: true });
      expect([byKubectl.request, byWsap.request]).toEqual([undefined, undefined]);
    } else {
      expect(byKubectl.request, byKubectl.output).toMatchObject(sends);
      expect(byWsap.request, byWsap.output).toEqual(byKubectl.request);
      expect([byKubectl.through, byWsap.through]).toEqual([through, through]);
    }
  });

  test.each([
    ['without the cluster', {}, {}],
    ['with the cluster', { provideClusterInfo: true }, {}],
    [
      'with all fields of the cluster',
      { provideClusterInfo: true },
      {
        'tls-server-name': 'api.example.test',
        'disable-compression': true,
        extensions: [
          { name: 'other', extension: { no: 1 } },
          { name: 'client.authentication.k8s.io/exec', extension: { audience: 'a', nested: { list: [1, true] } } },
        ],
      },
    ],
    [
      'with a certificate authority in a file',
      { provideClusterInfo: true },
      { 'certificate-authority-data': undefined, 'certificate-authority': 'ca.crt' },
    ],
    [
      'with a cluster that is not verified',
      { provideClusterInfo: true },
      { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true },
    ],
    ['with a proxy', { provideClusterInfo: true }, { 'proxy-url': 'http://127.0.0.1:{http}' }],
    ['with a server that has a path', { provideClusterInfo: true }, { server: 'https://127.0.0.1:{first}/prefix/' }],
    ['in v1beta1', { provideClusterInfo: true, apiVersion: `${PLUGIN_VERSION}beta1` }, {}],
  ])('a plugin gets KUBERNETES_EXEC_INFO %s', async (_, exec, cluster) => {
    const version = 'apiVersion' in exec ? exec.apiVersion : PLUGIN_VERSION;
    const given: Case = {
      files: {
        config: config(plugin('./info.sh', exec), cluster),
        'info.sh': INFO.replaceAll(PLUGIN_VERSION, version),
        'ca.crt': CA_CERTIFICATE,
      },
      sends: {},
    };
    await write(given);
    const [byKubectl, byWsap] = [infoOf(await kubectl(given)), infoOf(await wsap(given))];
    expect(byKubectl).toMatchObject({ kind: 'ExecCredential', apiVersion: version });
    expect(byWsap).toEqual(byKubectl);
  });
});

test('wsap operator uses the same cluster, user, and proxy', async () => {
  const proxied = named('first') as { clusters: { cluster: { server: string } }[] };
  for (const { cluster } of proxied.clusters) {
    cluster.server = 'https://api.example.test';
  }
  await write({ files: { a: proxied, b: named('second') }, sends: {} });
  servers.requests.length = 0;
  servers.proxied.length = 0;
  const addresses = ['--metrics-bind-address', '0', '--health-probe-bind-address', '0'];
  const operator = spawn(process.execPath, [MAIN, 'operator', ...addresses], {
    stdio: 'ignore',
    env: {
      ...COMPILE_CACHE,
      PATH: process.env.PATH,
      HOME: folder,
      KUBECONFIG: ['missing', 'a', 'b'].map((path) => join(folder, path)).join(delimiter),
      HTTPS_PROXY: `http://127.0.0.1:${servers.port('http')}`,
      AWS_REGION: 'eu-central-1',
    },
  });
  const exited = once(operator, 'exit');
  await vi.waitFor(() => expect(servers.requests).not.toEqual([]), { timeout: 60_000, interval: 50 });
  operator.kill('SIGKILL');
  await exited;
  expect(servers.requests[0]).toMatchObject({ server: 'first', authorization: 'Bearer token-first' });
  expect(new Set(servers.proxied)).toEqual(new Set(['http CONNECT api.example.test:443']));
});

/** Returns a case with the folder in its texts. */
function place(given: Case): Case {
  return JSON.parse(JSON.stringify(given).replaceAll('{folder}', folder));
}

/** Returns the KUBERNETES_EXEC_INFO in the token of a request. */
function infoOf({
  request,
  output,
}: {
  readonly request: RecordedRequest | undefined;
  readonly output: string;
}): unknown {
  expect(request, output).toBeDefined();
  return JSON.parse(Buffer.from(request?.authorization?.replace('Bearer ', '') ?? '', 'base64').toString());
}
