import { ACTIONS, optionOf, PARAMETERS, type Parameter } from './parameters.ts';

/** What the agent says of itself to a cluster, by the schema of the fence agents. */
export function metadata(): string {
  const actions = ACTIONS.map((name) => {
    // The cluster lets a node in when it joins, from wherever the agent may run.
    const automatic = name === 'on' ? ' on_target="0" automatic="1"' : '';
    return `  <action name="${name}"${automatic}/>\n`;
  });
  return `<?xml version="1.0" ?>
<resource-agent name="fence_rds" shortdesc="Fence agent for NVMe/TCP volumes of MikroTik ROSE Data Servers">
<longdesc>${escaped(LONG)}</longdesc>
<vendor-url>https://mikrotik.com/</vendor-url>
<parameters>
${PARAMETERS.map(parameterText).join('')}</parameters>
<actions>
${actions.join('')}</actions>
</resource-agent>
`;
}

const LONG =
  'fence_rds cuts a node off from its NVMe/TCP volumes at the storage servers, without needing the node: the sessions are ended, ' +
  'read back as ended, and drained. The node itself is not switched off; it is let in again by the action "on" once it was started anew ' +
  'and holds nothing of its old volumes any more. What could not be verified is a failure. It is rdsctl, and works with its ' +
  'configuration and state.';

function parameterText(parameter: Parameter): string {
  const { name, obsoletes } = parameter;
  if (obsoletes === undefined) return oneParameter(parameter, name, '');
  return (
    oneParameter(parameter, name, ` obsoletes="${obsoletes}"`) +
    oneParameter(parameter, obsoletes, ' deprecated="1"')
  );
}

function oneParameter(parameter: Parameter, name: string, more: string): string {
  const { short, value, type, fallback, required, about } = parameter;
  const option = `${short === undefined ? '' : `-${short}, `}${optionOf(parameter)}${value === null ? '' : `=[${value}]`}`;
  const initial = fallback === undefined ? '' : ` default="${escaped(fallback)}"`;
  return `  <parameter name="${name}" unique="0" required="${required === true ? 1 : 0}"${more}>
    <getopt mixed="${escaped(option)}"/>
    <content type="${type}"${initial}/>
    <shortdesc lang="en">${escaped(about)}</shortdesc>
  </parameter>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** What `--help` prints. */
export function usage(): string {
  const lines = PARAMETERS.map((parameter) => {
    const { short, value, about } = parameter;
    const option = `${short === undefined ? '    ' : `-${short}, `}${optionOf(parameter)}${value === null ? '' : `=${value.toUpperCase()}`}`;
    return `  ${option.padEnd(28)} ${about}\n`;
  });
  return `Usage: fence_rds -o ACTION [-n NODE] [OPTIONS]
Without options, parameters are read from standard input: NAME=VALUE, one a line.

${lines.join('')}`;
}
