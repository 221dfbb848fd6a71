const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, useDefineForClassFields: false },
        target: 'es2022',
      },
      module: { type: 'commonjs' },
    },
  ],
}

const shared = {
  testEnvironment: 'node',
  transform,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testPathIgnorePatterns: ['/node_modules/', '/fixtures/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
}

/** What behaves differently from one TypeORM version to the next runs with both of them. */
const withBothVersions = [
  'contract',
  'integration',
  'read-model',
  'concurrency',
  'migrations',
  'import',
  'nestjs',
]

module.exports = {
  globalSetup: '<rootDir>/test/support/start-postgres.js',
  globalTeardown: '<rootDir>/test/support/stop-postgres.js',
  testTimeout: 60_000,
  // Tests wait for databases and processes most of the time.
  maxWorkers: 2,
  // Files leave AsyncLocalStorages behind, ours and others', and until Node 24 each of them makes every promise dearer.
  workerIdleMemoryLimit: '120MB',
  projects: [
    {
      ...shared,
      displayName: 'typeorm 1',
      testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/examples/**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'typeorm 0.3',
      testMatch: withBothVersions.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
      moduleNameMapper: {
        ...shared.moduleNameMapper,
        '^typeorm$': '<rootDir>/node_modules/typeorm-0.3',
        '^typeorm/(.*)$': '<rootDir>/node_modules/typeorm-0.3/$1',
      },
    },
  ],
}
