import { RdsctlError } from '../errors/rdsctl-error.ts';

/** What came back between a script's BEGIN and its sentinel. */
export type Answer =
  | { readonly ok: true; readonly payloads: readonly string[] }
  /** The script ran and failed: RouterOS's own words. */
  | { readonly ok: false; readonly text: string };

/**
 * Takes an answer apart by the nonce. Only output that ends in the script's own sentinel counts; anything
 * else (a parse error of RouterOS, a cut or mangled answer, text of somebody else) is not success.
 * RouterOS may wrap long output and ends lines with CR LF (seen): line ends inside a payload are dropped.
 * @throws RdsctlError NOT_PERMITTED, REMOTE_ERROR for a line that RouterOS refused whole; BAD_ANSWER otherwise.
 */
export function readAnswer(stdout: string, nonce: string, server: string): Answer {
  const lines = stdout.split(/\r\n|\n|\r/);
  const end = lines.findIndex((line) => line === `OK ${nonce}` || line.startsWith(`ERR ${nonce} `));
  const begin = lines.indexOf(`BEGIN ${nonce}`);
  if (begin === -1 || end < begin) throw refusedWhole(stdout, server);
  const last = lines[end] ?? '';
  if (last.startsWith('ERR ')) {
    // An error's text may go on in further lines, up to the next marker.
    const rest = lines.slice(end + 1);
    const stop = rest.findIndex((line) => /^(?:BEGIN|OK|ERR) /.test(line));
    const text = [last.slice(`ERR ${nonce} `.length), ...(stop === -1 ? rest : rest.slice(0, stop))];
    return { ok: false, text: text.join(' ').trim() };
  }
  const payloads: string[] = [];
  let current = '';
  for (const line of lines.slice(begin + 1, end)) {
    if (line === `NEXT ${nonce}`) {
      payloads.push(current);
      current = '';
    } else current += line;
  }
  payloads.push(current);
  return { ok: true, payloads };
}

/** RouterOS's error shapes, anchored: bare words could come from a user's comment. */
const NOT_PERMITTED = /^not enough permissions \(9\)$/;
const ERROR_SHAPES = [
  /^syntax error \(line \d+ column \d+\)$/,
  /^expected (?:end of command|command name|.+?) \(line \d+ column \d+\)$/,
  /^bad (?:command name|parameter) \S+ \(line \d+ column \d+\)$/,
  /^failure: .+$/,
  /^no such item(?: \(4\))?$/,
  /^input does not match any value of \S+$/,
  /^invalid value for argument \S+$/,
  /^std failure: .+$/,
  /^(?:interrupted|action timed out)$/,
];

/** Whether RouterOS did not understand a line at all: nothing of it ran. */
export function isNotUnderstood(stdout: string): boolean {
  const [words = ''] = stdout.trim().split(/[\r\n]+/);
  return (
    /^(?:bad (?:command name|parameter)|syntax error|expected )/.test(words.trim()) &&
    hasErrorShape(words.trim())
  );
}

function hasErrorShape(words: string): boolean {
  return ERROR_SHAPES.some((shape) => shape.test(words));
}

function refusedWhole(stdout: string, server: string): RdsctlError {
  const lines = stdout.split(/[\r\n]+/).map((line) => line.trim());
  const words = lines.find((line) => line !== '') ?? '';
  if (lines.some((line) => NOT_PERMITTED.test(line))) return notPermitted(server);
  if (hasErrorShape(words)) {
    const unknown = isNotUnderstood(words);
    return new RdsctlError('REMOTE_ERROR', {
      message: `${server} answered: ${words}`,
      now: 'The line was refused as a whole: nothing was changed by it.',
      ...(unknown
        ? {
            hints: [
              {
                when: 'rdsctl needs RouterOS 7.17 or later with the rose-storage package:',
                run: '/system/package/print',
              },
            ],
          }
        : {}),
      details: { rds: server, answer: words },
    });
  }
  return badAnswer(server, 'its answer was cut short or is not what the script prints', stdout);
}

/** The login's group lacks a policy. */
export function notPermitted(server: string): RdsctlError {
  return new RdsctlError('NOT_PERMITTED', {
    message: `${server} answered: not enough permissions (9)`,
    now: "The login's group lacks a policy; it needs ssh, read, write and test.",
    hints: [
      {
        when: 'On the storage server:',
        run: '/user/group/set [find name=rdsctl] policy=ssh,read,write,test',
      },
    ],
    details: { rds: server },
  });
}

/** An answer that can't be understood, with its beginning made visible. */
export function badAnswer(server: string, why: string, answer: string): RdsctlError {
  return new RdsctlError('BAD_ANSWER', {
    message: `${server} answered something that can not be understood: ${why}`,
    details: { rds: server, answer: answer.slice(0, 300) },
  });
}

/** Whether RouterOS's words for a failed script say that a policy is missing. */
export function isPermissionText(text: string): boolean {
  return /^(?:failure: )?not enough permissions \(9\)(?: \(.*\))?$/.test(text);
}
