import * as v from 'valibot';
import { DurationProblem, parseDuration } from './duration.ts';

/** A name of a storage server or node: goes into commands, file names and comments. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const HOST = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}$/;
const HOST_NQN = /^nqn\.\d{4}-(0[1-9]|1[0-2])\.[A-Za-z0-9][A-Za-z0-9.-]*(:[A-Za-z0-9._:-]+)?$/;
const GLOB = /^[A-Za-z0-9._*?[\]{},!-]{1,255}$/;

const name = v.pipe(
  v.string(),
  v.regex(
    NAME_PATTERN,
    'is not a name: letters, digits, ".", "_" and "-", beginning with a letter or digit, at most 63',
  ),
);

const text = (what: string): v.StringSchema<string> => v.string(`must be ${what}`);

/** What the schema library takes for a map is a list too. */
const notList = v.custom<unknown>((value) => !Array.isArray(value), 'must be a map');

const boolean = v.boolean('must be true or false');

const address = v.pipe(text('an IP address'), v.ip('is not an IP address'));

const ipv6 = v.pipe(v.string(), v.ipv6());

const host = v.pipe(
  text('a host name or an IP address'),
  v.check((value) => HOST.test(value) || v.is(ipv6, value), 'is not a host name or an IP address'),
);

const port = v.pipe(
  v.number('must be a port number, 1 to 65535'),
  v.integer('must be a port number, 1 to 65535'),
  v.minValue(1, 'must be a port number, 1 to 65535'),
  v.maxValue(65_535, 'must be a port number, 1 to 65535'),
);

const user = v.pipe(
  text('a user name'),
  v.regex(USER, 'is not a user name: letters, digits, ".", "_", "-" and "@"'),
);

const routerOsUser = v.pipe(
  text('a user name'),
  v.check(
    (value) => !value.includes('+'),
    'must not have a "+": RouterOS takes what follows it as console options. Make a user without one',
  ),
  v.check(
    (value) => value.includes('+') || USER.test(value),
    'is not a user name: letters, digits, ".", "_", "-" and "@"',
  ),
);

const file = v.pipe(text('the path of a file'), v.nonEmpty('must be the path of a file'));

const hostKey = v.pipe(
  text('a fingerprint: SHA256:… as `ssh-keygen -lf` prints it'),
  v.transform((value) => value.replace(/=$/, '')),
  v.regex(
    /^SHA256:[A-Za-z0-9+/]{43}$/,
    'is not a fingerprint: SHA256: and 43 characters, as `ssh-keygen -lf` prints it',
  ),
);

const hostNqn = v.pipe(
  text('a host NQN'),
  v.maxLength(223, 'is too long for an NQN: at most 223 characters'),
  v.regex(HOST_NQN, 'is not an NQN: nqn.2014-08.org.nvmexpress:uuid:…, as in /etc/nvme/hostnqn'),
);

interface DurationRules {
  /** -1 stands for never. */
  readonly never?: boolean;
  readonly zero?: boolean;
  /** Milliseconds make no sense for it: the kernel counts it in seconds. */
  readonly wholeSeconds?: boolean;
  readonly atLeastSeconds?: number;
}

function duration(rules: DurationRules = {}): v.GenericSchema<unknown, number> {
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const fail = (message: string): typeof NEVER => {
        addIssue({ message });
        return NEVER;
      };
      if (dataset.value === -1) {
        return rules.never === true ? -1 : fail('must not be negative');
      }
      const parsed = parseDuration(dataset.value);
      if (parsed instanceof DurationProblem) return fail(parsed.message);
      if (parsed === 0 && rules.zero !== true) return fail('must be longer than 0');
      const least = rules.atLeastSeconds ?? 0;
      if (parsed < least * 1000) return fail(`must be at least ${least}s`);
      if (rules.wholeSeconds === true && parsed % 1000 !== 0) return fail('must be whole seconds');
      return parsed;
    }),
  );
}

const maybe = <S extends v.GenericSchema>(schema: S): v.OptionalSchema<S, undefined> => v.optional(schema);

const login = {
  port: maybe(port),
  identityFile: maybe(file),
  hostKey: maybe(hostKey),
  knownHosts: maybe(file),
  verifyHostKey: v.optional(boolean, true),
};

const storageServer = v.pipe(
  notList,
  v.strictObject({
    host,
    user: v.optional(routerOsUser, 'rdsctl'),
    ...login,
    nvme: v.optional(
      v.pipe(notList, v.strictObject({ address: maybe(address), port: v.optional(port, 4420) })),
      {},
    ),
    volumes: v.optional(
      v.pipe(
        v.array(v.pipe(text('a slot or a glob'), v.regex(GLOB, 'is not a slot or a glob')), 'must be a list'),
        v.minLength(1, 'must name at least one slot or glob'),
      ),
      ['*'],
    ),
    sharedExport: v.optional(v.picklist(['never', 'any'], 'must be never or any'), 'never'),
  }),
);

const node = v.pipe(
  notList,
  v.strictObject({
    transport: v.optional(v.picklist(['ssh', 'local'], 'must be ssh or local'), 'ssh'),
    host: maybe(host),
    user: maybe(user),
    ...login,
    sudo: v.optional(boolean, false),
    hostNqn: maybe(hostNqn),
    addresses: v.optional(v.array(address, 'must be a list of IP addresses'), []),
  }),
);

/** The shape of the configuration file, with defaults filled in and durations in milliseconds. */
export const configSchema = v.pipe(
  notList,
  v.strictObject({
    apiVersion: v.optional(v.literal('rdsctl/v1', 'must be rdsctl/v1'), 'rdsctl/v1'),
    storageServers: v.nullish(
      v.pipe(notList, v.record(name, storageServer, 'must be a map of storage servers by name')),
      {},
    ),
    nodes: v.nullish(v.pipe(notList, v.record(name, node, 'must be a map of nodes by name')), {}),
    nvme: v.optional(
      v.pipe(
        notList,
        v.strictObject({
          ctrlLossTmo: v.optional(duration({ never: true, wholeSeconds: true }), '600s'),
          reconnectDelay: v.optional(duration({ wholeSeconds: true }), '10s'),
          keepAliveTmo: v.optional(duration({ wholeSeconds: true }), '5s'),
          fastIoFailTmo: v.optional(duration({ wholeSeconds: true }), '5s'),
        }),
      ),
      {},
    ),
    fence: v.optional(
      v.pipe(
        notList,
        v.strictObject({
          settle: v.optional(duration({ zero: true }), '2s'),
          drainTimeout: v.optional(duration(), '60s'),
          firewall: v.optional(boolean, false),
        }),
      ),
      {},
    ),
    timeouts: v.optional(
      v.pipe(
        notList,
        v.strictObject({
          connect: v.optional(duration(), '10s'),
          command: v.optional(duration(), '30s'),
          device: v.optional(duration(), '15s'),
          lock: v.optional(duration({ zero: true }), '30s'),
          lease: v.optional(duration({ wholeSeconds: true, atLeastSeconds: 2 }), '30s'),
        }),
      ),
      {},
    ),
    state: v.optional(
      v.pipe(
        notList,
        v.strictObject({
          path: maybe(file),
          url: maybe(text('a URL')),
          user: maybe(user),
          passwordFile: maybe(file),
          caFile: maybe(file),
          certFile: maybe(file),
          keyFile: maybe(file),
        }),
      ),
      {},
    ),
    backups: v.optional(
      v.pipe(
        v.number('must be a whole number from 1 up'),
        v.integer('must be a whole number from 1 up'),
        v.minValue(1, 'must be a whole number from 1 up'),
        v.maxValue(1000, 'must be at most 1000'),
      ),
      10,
    ),
  }),
);

/** The configuration file after the schema: still with relative paths. */
export type ParsedConfig = v.InferOutput<typeof configSchema>;
