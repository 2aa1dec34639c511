import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests of what runs as a process of its own, which wait for the machine, and long simulations. */
const processes = [
  // A day of 10,000 WorkSpaces takes seconds of CPU.
  'test/bench/events.test.ts',
  'test/checks/**/*.test.ts',
  'test/cli/built.test.ts',
  'test/cli/main.test.ts',
  'test/cli/actions/report/page.test.ts',
  'test/cli/terminal.test.ts',
  'test/deploy/bundle.test.ts',
  'test/deploy/chart.test.ts',
  'test/deploy/kustomize.test.ts',
  'test/deploy/prometheus.test.ts',
  'test/clients/**/*.test.ts',
  'test/contract/elasticMq.test.ts',
  'test/environment/**/*.test.ts',
  'test/faults/**/*.test.ts',
  'test/release/baseImages.test.ts',
  'test/release/package.test.ts',
  // On a main thread's stack, as the operator is.
  'test/reconcile.manyWorkspaces.test.ts',
  'test/simulator/simulate.test.ts',
];
const cluster = ['test/cluster/**/*.test.ts'];
/** Tests with a kubelet: npm run e2e */
const e2e = ['test/e2e/*.test.ts'];
/** Tests that need root and container tools: npm run test:image */
const image = ['test/image/**/*.test.ts'];

export default defineConfig({
  test: {
    // Tests of processes mostly wait: for what is asked for, for intervals, for leases.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          // They take milliseconds, or a few seconds for those with processes, but for a busy machine.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          exclude: [...processes, ...cluster, ...image, ...e2e],
          // The files share their threads, as loading the SDKs again for each would take longer than the tests.
          isolate: false,
          pool: 'threads',
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'process',
          include: processes,
          testTimeout: 120_000,
          // Hooks start a browser, a Java program, and builds.
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'cluster',
          include: cluster,
          // All of them share one API server.
          globalSetup: ['test/cluster/setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: e2e,
          // One release of the chart owns the CRDs of the cluster at a time.
          fileParallelism: false,
          globalSetup: ['test/e2e/setup.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'image',
          include: image,
          testTimeout: 900_000,
          // The first one builds the image.
          hookTimeout: 900_000,
          // One file at a time, because they measure memory and time.
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
