import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Machines are shared and noisy: no test may depend on being fast.
    testTimeout: 120_000,
    hookTimeout: 1_800_000,
    maxConcurrency: 2,
  },
});
