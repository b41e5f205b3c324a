import { defineConfig } from 'vitest/config'

/** Longer campaigns of the tests that try a world again and again. */
export default defineConfig({
  test: {
    include: [
      'test/simulation/*.test.ts',
      'test/parity/*.test.ts',
      'test/process/sigkill.test.ts',
      'test/processors/*-law.test.ts',
    ],
    env: { FC_SEED: 'any', SEEDS: '3000', PARITY_SEEDS: '60', KILLS: '50' },
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    pool: 'forks',
    execArgv: ['--disable-warning=ExperimentalWarning'],
  },
})
