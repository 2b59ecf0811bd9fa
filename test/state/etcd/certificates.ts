import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths of PEM files, and their texts. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
  readonly certText: string;
  readonly keyText: string;
}

/** A certificate authority for a test, in a directory of its own. */
export class TestAuthority {
  readonly #directory = mkdtempSync(join(tmpdir(), 'rdsctl-ca-'));
  readonly cert = join(this.#directory, 'ca.pem');
  readonly #key = join(this.#directory, 'ca.key');

  constructor() {
    const subject = ['-subj', '/CN=rdsctl test CA', '-days', '2'];
    this.#openssl(['req', '-x509', ...NEW_KEY, '-keyout', this.#key, '-out', this.cert, ...subject]);
  }

  get certText(): string {
    return readFileSync(this.cert, 'utf8');
  }

  /** @param days that the certificate is valid for from now on; -1 = it has run out */
  issue(name: string, days = 2): Identity {
    const [key, request, cert] = ['key', 'csr', 'pem'].map((end) =>
      join(this.#directory, `${name}.${end}`),
    ) as [string, string, string];
    const extensions = join(this.#directory, `${name}.ext`);
    writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
    this.#openssl(['req', ...NEW_KEY, '-keyout', key, '-out', request, '-subj', `/CN=${name}`]);
    this.#openssl([
      ...['x509', '-req', '-in', request, '-out', cert, '-days', String(days), '-extfile', extensions],
      ...['-CA', this.cert, '-CAkey', this.#key, '-CAcreateserial'],
    ]);
    return { cert, key, certText: readFileSync(cert, 'utf8'), keyText: readFileSync(key, 'utf8') };
  }

  dispose(): void {
    rmSync(this.#directory, { recursive: true });
  }

  #openssl(args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
