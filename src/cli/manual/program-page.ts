import { EXIT_CODES } from '../../errors/exit-codes.ts';
import { REASONS } from '../../errors/reasons.ts';
import { SECTIONS, type CommandDefinition } from '../command.ts';
import { COMMON_OPTION_SPECS, COMMON_VARIABLES, type CommonOptionName } from '../common-options.ts';
import { optionItem, pageName } from './command-page.ts';
import { literal, plain, seeAlso, sentences, tagged, type Page } from './mdoc.ts';

/** rdsctl(1): what it is, its commands, and what they have in common. */
export function programPage(definitions: readonly CommandDefinition[]): Page {
  const common = Object.entries(COMMON_OPTION_SPECS);
  return {
    name: 'rdsctl',
    section: 1,
    about: 'attach NVMe/TCP volumes of MikroTik ROSE Data Servers to Linux nodes',
    sections: [
      ['SYNOPSIS', '.Nm\n.Ar COMMAND\n.Op Ar ARGUMENTS\n.Op Ar OPTIONS\n'],
      [
        'DESCRIPTION',
        '.Nm\nmakes volumes of a storage server usable on one node at a time, and cuts dead nodes off at the storage server so that their volumes can safely live on.\nWho has which volume is kept in a state that several commands may use at once; the storage server enforces it.\n',
      ],
      ...SECTIONS.map((title) => [title.toUpperCase(), commands(definitions, title)] as const).filter(
        ([, body]) => body !== '',
      ),
      [
        'OPTIONS',
        `Every command takes them, before or after its name; those for changes only the commands that change something.\n${tagged(common.map(optionItem))}Durations are written 500ms, 30s, 5m or 1h.\n`,
      ],
      ['ENVIRONMENT', environment()],
      ['FILES', files()],
      ['EXIT STATUS', exitStatus()],
      [
        'EXAMPLES',
        literal(
          'rdsctl attach vol-7 node-3\nDEV=$(rdsctl attach vol-7 node-3 -o name)\nrdsctl fence node-2 --yes && rdsctl attach vol-7 node-3',
        ),
      ],
      [
        'SEE ALSO',
        seeAlso([
          ...definitions.map((one) => [pageName(one), 1] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
          ['rdsctl-state', 5],
          ['rdsctl.yaml', 5],
          ['rdsctl-etcd', 7],
          ['rdsctl-safety', 7],
        ]),
      ],
    ],
  };
}

function commands(definitions: readonly CommandDefinition[], section: string): string {
  const members = definitions.filter((one) => one.section === section);
  return tagged(members.map((one) => [`Xr ${pageName(one)} 1`, sentences(one.summary)]));
}

function environment(): string {
  const names = Object.keys(COMMON_VARIABLES) as CommonOptionName[];
  return tagged([
    ...names.map((name): [string, string] => [
      `Ev ${COMMON_VARIABLES[name]}`,
      `Stands in for\n.Fl ${plain(`-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`)} .\n`,
    ]),
    ['Ev NO_COLOR , Ev CI', 'No colours; nothing that moves.\n'],
  ]);
}

function files(): string {
  return tagged([
    [
      'Pa /etc/rdsctl/config.yaml , Pa $XDG_CONFIG_HOME/rdsctl/config.yaml',
      'The configuration:\n.Xr rdsctl.yaml 5 .\n',
    ],
    ['Pa /var/lib/rdsctl , Pa $XDG_STATE_HOME/rdsctl', 'The state:\n.Xr rdsctl-state 5 .\n'],
  ]);
}

function exitStatus(): string {
  const about = (code: string): string =>
    Object.values(REASONS)
      .filter((one) => one.code === code)
      .map((one) => one.about)
      .join(' ');
  return tagged(
    Object.entries(EXIT_CODES).map(([code, number]) => [
      code === 'SIGNAL' ? '130 , 143' : String(number),
      sentences(MEANING[code] ?? about(code)),
    ]),
  );
}

const MEANING: Readonly<Record<string, string>> = {
  OK: 'Done, or already so.',
  DRIFT: 'A dry run of reconcile, or state check, found differences; nothing was changed.',
};
