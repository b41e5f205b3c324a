import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['node_modules/**'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Of two cores one would be left idle, and most of the long ones wait for processes of their own.
    maxWorkers: '100%',
    execArgv: ['--disable-warning=ExperimentalWarning'],
  },
})
