/** The arrows of the architecture: cli → operations → attachment and the ports; adapters implement the ports. */
const only = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: to },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    only(
      'nothing-imports-cli',
      '^src/(?!cli/)',
      '^src/cli/',
      'The command line is the top: nothing imports it.',
    ),
    only(
      'operations-import-no-adapter',
      '^src/operations/',
      '^src/(storage-server|node|ssh|audit|simulator|state/file)/',
      'Operations know ports only.',
    ),
    only(
      'domain-is-below',
      '^src/(attachment|errors)/',
      '^src/(operations|storage-server|node|ssh|config|audit|simulator|state/file)/',
      'The domain knows nothing of what is built on it.',
    ),
    only(
      'adapters-are-apart',
      '^src/storage-server/',
      '^src/(node|audit|config|simulator|state)/',
      'An adapter knows its port, not the other adapters.',
    ),
    only('adapters-are-apart-node', '^src/node/', '^src/(storage-server|audit|config|simulator|state)/'),
    only(
      'ssh-is-below',
      '^src/ssh/',
      '^src/(operations|storage-server|node|audit|simulator|state|attachment)/',
    ),
    {
      name: 'only-its-command-knows-the-simulator',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(simulator/|cli/commands/simulate/)' },
      to: { path: '^src/simulator/' },
    },
    only(
      'simulator-stands-alone',
      '^src/simulator/',
      '^src/(cli|operations|storage-server|node|state|audit|attachment)/',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.cjs'] },
  },
};
