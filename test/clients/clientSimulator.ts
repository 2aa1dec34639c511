import { seedFrom } from '../../src/simulator/seed.ts';
import { type Simulator, startSimulator } from '../../src/simulator/start.ts';
import { CLIENT_SEED } from './seed.ts';

/** Starts a simulator with the fleet of the client tests. */
export async function startClientSimulator(): Promise<Simulator & AsyncDisposable> {
  const simulator = await startSimulator({ seed: seedFrom(CLIENT_SEED) });
  return { ...simulator, [Symbol.asyncDispose]: () => simulator.close() };
}

/** Environment of a client: the simulator, and nothing that the machine configures for AWS. */
export function clientEnv(url: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|HTTPS?_PROXY$|ALL_PROXY$)/i.test(name));
  return {
    ...Object.fromEntries(inherited),
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-central-1',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    ...more,
  };
}
