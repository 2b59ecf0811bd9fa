/** Options whose values are secrets. */
const SECRET_OPTION = /^--?[\w-]*(?:password|passwd|passphrase|secret|credential|token|api-?key)[\w-]*$/i;
const SECRET_PARAMETER = /([?&][\w-]*(?:password|passwd|secret|token|key)[\w-]*=)[^&#\s]*/gi;
const HIDDEN = '***';
/** The longest command line that is kept, in characters. */
const LONGEST = 2000;

/**
 * The command line as it may be kept and shown: values of options for secrets and credentials in URLs are
 * hidden, arguments are quoted where a shell would need it, and control characters are written as `\xNN`.
 * @param argv the arguments after the program's name.
 */
export function redactCommand(argv: readonly string[]): string {
  const shown: string[] = ['rdsctl'];
  let hideNext = false;
  for (const argument of argv) {
    if (hideNext && !argument.startsWith('--')) {
      shown.push(HIDDEN);
      hideNext = false;
      continue;
    }
    const equals = argument.indexOf('=');
    const option = equals < 0 ? argument : argument.slice(0, equals);
    const secret = SECRET_OPTION.test(option);
    hideNext = secret && equals < 0;
    shown.push(quote(secret && equals >= 0 ? `${option}=${HIDDEN}` : redactUrl(argument)));
  }
  const command = shown.join(' ');
  return command.length <= LONGEST ? command : `${command.slice(0, LONGEST)}…`;
}

/** Hides the password of `scheme://user:password@host`, a bare `scheme://token@host`, and secret parameters. */
function redactUrl(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)([^\s/?#]*)@/gi, (_, scheme: string, login: string) => {
      const colon = login.indexOf(':');
      return `${scheme}${colon < 0 ? HIDDEN : `${login.slice(0, colon)}:${HIDDEN}`}@`;
    })
    .replace(SECRET_PARAMETER, `$1${HIDDEN}`);
}

function quote(argument: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  const visible = argument.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (character) => {
    const code = character.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, '0')}`;
  });
  return /^[\w@%+=:,./*?-]+$/.test(visible) ? visible : `'${visible.replaceAll("'", String.raw`'\''`)}'`;
}
