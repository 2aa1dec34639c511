import { expect, it, vi } from 'vitest';
import { useExisting } from './existing.ts';

it('uses an existing cluster only if all its settings are given', async () => {
  vi.stubEnv('KUBECONFIG', undefined);
  vi.stubEnv('WSAP_E2E_IMAGE', 'registry.example.com/wsap:0.2.0');
  vi.stubEnv('WSAP_E2E_ADDRESS', '');
  const options = { directory: '', stack: new AsyncDisposableStack(), signal: new AbortController().signal };

  await expect(useExisting(options)).rejects.toThrow(/; set KUBECONFIG and WSAP_E2E_ADDRESS$/);
  vi.unstubAllEnvs();
});
