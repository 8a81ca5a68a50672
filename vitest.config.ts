import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Machines are shared and noisy: no test may depend on being fast, and the first one on a cold machine builds Debian roots.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    maxConcurrency: 2,
  },
});
