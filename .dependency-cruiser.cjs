/** The import rules of src/README.md, each with its reason. `test/architecture` checks that every rule can fail. */
const rooms = {
  base: [],
  language: ['base'],
  run: ['base', 'language'],
  assessment: ['base', 'run', 'language'],
  report: ['base', 'run', 'assessment', 'language'],
  journal: ['base', 'run'],
  children: ['base'],
  evidence: ['base', 'journal', 'run', 'assessment', 'report', 'language'],
  actions: ['base', 'language', 'run', 'children', 'backup', 'store', 'postgres', 'notify', 'lab'],
  executor: ['base', 'run', 'language', 'journal', 'actions'],
  postgres: ['base', 'children'],
  store: ['base'],
  damage: ['base', 'postgres', 'store'],
  backup: ['base', 'children', 'postgres', 'store', 'damage'],
  lab: ['base', 'children', 'postgres', 'store', 'backup', 'damage', 'sentinel'],
  sentinel: ['base', 'children', 'postgres'],
  notify: ['base', 'children'],
  plain: ['base', 'run', 'assessment', 'language'],
  tui: ['base', 'run', 'assessment', 'language'],
};
const pure = ['base', 'language', 'run', 'assessment', 'report'];
const names = Object.keys(rooms);

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'files that need each other cannot be understood, tested or replaced one at a time',
      from: {},
      to: { circular: true },
    },
    ...names.map((room) => ({
      name: `room-${room}`,
      severity: 'error',
      comment: `${room} may import only: ${rooms[room].join(', ') || 'nothing of firedrill'} (src/README.md says why)`,
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: [`^src/${room}/`, ...rooms[room].map((other) => `^src/${other}/`)] },
    })),
    ...names.map((room) => ({
      name: `front-door-${room}`,
      severity: 'error',
      comment: `what ${room} promises is its index.ts; anything behind it may change`,
      from: { path: '^src/', pathNot: `^src/${room}/` },
      to: { path: `^src/${room}/`, pathNot: `^src/${room}/index\\.ts$` },
    })),
    {
      name: 'types-only-across-the-core',
      severity: 'error',
      comment: 'the core and what renders it know the language as types only: a plan is data',
      from: { path: '^src/(run|assessment|report|journal|actions|executor|plain|tui)/' },
      to: { path: '^src/language/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-rooms-touch-nothing',
      severity: 'error',
      comment: 'the same input must give the same output for ever: no file, process, network or clock in the pure rooms',
      from: { path: `^src/(${pure.join('|')})/` },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'no-hashing-outside-base',
      severity: 'error',
      comment: 'hashing is the only core module a pure room may use, and base owns it',
      from: { path: `^src/(${pure.filter((room) => room !== 'base').join('|')})/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'production-dependencies-only',
      severity: 'error',
      comment: 'what ships must not need what only tests install',
      // Puts the program together after the compiler, as a tool of development.
      from: { path: '^src/', pathNot: '^src/cli/bundle\\.mjs$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown', 'undetermined'], pathNot: '^node_modules/@types/' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'a file nobody imports is dead: delete it',
      from: { orphan: true, path: '^src/', pathNot: ['^src/(cli/(bin|start|setup)|sentinel/main|lab/watchdog|lab/application/main|lab/immutable/shipper)\\.', '\\.d\\.ts$'] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'], mainFields: ['main', 'types'] },
  },
};
