import type { CommandDefinition } from '../command.ts';
import { commandPage } from './command-page.ts';
import { markdownPage } from './markdown.ts';
import { formatPage, type Page } from './mdoc.ts';
import { programPage } from './program-page.ts';

/** Pages that are made from documents. */
const DOCUMENTS = [
  {
    name: 'rdsctl.yaml',
    section: 5,
    about: 'configuration file of rdsctl',
    document: 'docs/CONFIGURATION.md',
  },
  {
    name: 'rdsctl-state',
    section: 5,
    about: 'what rdsctl remembers, and how it keeps it',
    document: 'docs/STATE.md',
  },
  {
    name: 'rdsctl-etcd',
    section: 7,
    about: 'the state of rdsctl in etcd, for several admin hosts',
    document: 'docs/ETCD.md',
  },
  {
    name: 'rdsctl-safety',
    section: 7,
    about: 'what rdsctl promises, and what shows that it holds',
    document: 'docs/SAFETY.md',
  },
  {
    name: 'fence_rds',
    section: 8,
    about: 'rdsctl as a fence agent of Pacemaker',
    document: 'docs/PACEMAKER.md',
  },
] as const;

/**
 * The whole manual: file names below man/ and their text.
 * @param read gives a document of the repository
 */
export function manual(
  definitions: readonly CommandDefinition[],
  read: (path: string) => string,
): [string, string][] {
  const shown = definitions.filter(({ hidden }) => hidden !== true);
  const pages: Page[] = [
    programPage(shown),
    ...shown.map(commandPage),
    ...DOCUMENTS.map(({ name, section, about, document }) =>
      markdownPage(name, section, about, read(document)),
    ),
  ];
  return pages.map((page) => [`man/${page.name}.${page.section}`, formatPage(page)]);
}
