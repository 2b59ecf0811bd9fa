import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { NOBODY } from '../../src/attachment/host-nqn.ts';
import type { DiskChange } from '../../src/operations/ports/storage-server.ts';
import { parseVersion, schemaOf } from '../../src/simulator/routeros/device/versions.ts';
import { parse } from '../../src/simulator/routeros/language/index.ts';
import { changeScript, inFlightScript, lookScript } from '../../src/storage-server/scripts.ts';

const VERSIONS = ['7.17.1', '7.18.2', '7.20.8', '7.21.5', '7.23.3'];
const HOST = 'nqn.2014-08.org.nvmexpress:uuid:6b1d4a3e-5c5e-4d9e-8f43-0a5b3c7d9e11';
const grant: DiskChange = {
  kind: 'grant',
  slot: 'vol-1',
  expectComment: 'my "copy"',
  comment: 'my "copy" [rdsctl]',
  allow: HOST,
  pinNqn: null,
};
const revoke: DiskChange = { kind: 'revoke', slot: 'vol-1', expectComment: 'a', comment: 'b' };
const admit: DiskChange = { kind: 'admit', slot: 'vol-1', expectComment: 'a', comment: 'b', allow: '' };

/** Why a line does not parse on a version; null when it does. */
function refused(line: string, version: string): string | null {
  const schema = schemaOf(parseVersion(version) ?? [0, 0, 0]);
  if (schema === undefined) throw new Error(`no schema for ${version}`);
  const parsed = parse(line, { schema, strict: true });
  return parsed.ok ? null : `${parsed.error.message} (column ${parsed.error.column})`;
}

describe('the lines that are sent', () => {
  it('look', () => {
    expect(lookScript(['vol-1', 'vol-2'], 'n0')).toMatchInlineSnapshot(
      `":onerror e in={ :put "BEGIN n0"; :put [/system/resource/get version]; :put "NEXT n0"; :put [:serialize to=json value=[/disk print detail as-value where slot="vol-1" or slot="vol-2"] options=json.no-string-conversion]; :put "OK n0" } do={ :put ("ERR n0 " . $e) }"`,
    );
    expect(lookScript('all', 'n0')).toContain('[/disk print detail as-value]');
    expect(lookScript([], 'n0')).not.toContain('/disk');
  });

  it('operations in flight', () => {
    expect(inFlightScript(['vol-1', 'vol-2'], 'n0')).toMatchInlineSnapshot(
      `":onerror e in={ :put "BEGIN n0"; :put [:serialize to=json value=[/disk monitor-traffic numbers=[/disk find where slot="vol-1"] once as-value] options=json.no-string-conversion]; :put "NEXT n0"; :put [:serialize to=json value=[/disk monitor-traffic numbers=[/disk find where slot="vol-2"] once as-value] options=json.no-string-conversion]; :put "OK n0" } do={ :put ("ERR n0 " . $e) }"`,
    );
  });

  it('grant', () => {
    expect(changeScript([grant], 'n0')).toMatchInlineSnapshot(
      `":onerror e in={ :put "BEGIN n0.0"; :local d [/disk find where slot="vol-1"]; :if ([:len $d] != 1) do={ :error "rdsctl: no-such-disk" }; :local i [:pick $d 0]; :if ([:tostr [/disk get $i comment]] != "my \\22copy\\22") do={ :error "rdsctl: comment-changed" }; :local x [:tostr [/disk get $i nvme-tcp-export]]; :if (!(($x = "false") or ($x = "no") or ($x = ""))) do={ :error "rdsctl: exported" }; /disk set $i comment="my \\22copy\\22 [rdsctl]" nvme-tcp-server-allow-host-name="nqn.2014-08.org.nvmexpress:uuid:6b1d4a3e-5c5e-4d9e-8f43-0a5b3c7d9e11"; /disk set $i nvme-tcp-export=yes; :put [:serialize to=json value=[/disk print detail as-value where slot="vol-1"] options=json.no-string-conversion]; :put "OK n0.0" } do={ :put ("ERR n0.0 " . $e) }"`,
    );
  });

  it('revoke: the list first, then the cut', () => {
    const line = changeScript([revoke], 'n0');
    expect(line).toMatchInlineSnapshot(
      `":onerror e in={ :put "BEGIN n0.0"; :local d [/disk find where slot="vol-1"]; :if ([:len $d] != 1) do={ :error "rdsctl: no-such-disk" }; :local i [:pick $d 0]; :if ([:tostr [/disk get $i comment]] != "a") do={ :error "rdsctl: comment-changed" }; /disk set $i comment="b" nvme-tcp-server-allow-host-name="nqn.2026-11.io.rdsctl:nobody"; /disk set $i nvme-tcp-export=no; :put [:serialize to=json value=[/disk print detail as-value where slot="vol-1"] options=json.no-string-conversion]; :put "OK n0.0" } do={ :put ("ERR n0.0 " . $e) }"`,
    );
    expect(line.indexOf(NOBODY)).toBeLessThan(line.indexOf('nvme-tcp-export=no'));
  });

  it('admit leaves the export alone', () => {
    const line = changeScript([admit], 'n0');
    expect(line).toContain('nvme-tcp-server-allow-host-name=""');
    expect(line).not.toMatch(/nvme-tcp-export=/);
  });

  it('the NQN is set only where it is asked for', () => {
    expect(changeScript([grant], 'n0')).not.toContain('nvme-tcp-server-nqn');
    expect(changeScript([{ ...grant, pinNqn: 'nqn.2000-02.com.mikrotik:v' }], 'n0')).toContain(
      'nvme-tcp-server-nqn="nqn.2000-02.com.mikrotik:v"',
    );
  });

  it('each change of several is guarded on its own, and answers under a mark of its own', () => {
    const line = changeScript([revoke, { ...revoke, slot: 'vol-2' }], 'n0');
    expect(line.match(/:onerror/g)).toHaveLength(2);
    for (const mark of ['BEGIN n0.0', 'OK n0.0', 'ERR n0.0', 'BEGIN n0.1', 'OK n0.1', 'ERR n0.1']) {
      expect(line).toContain(`"${mark}`);
    }
  });
});

describe('any line', () => {
  const bytes = fc.string({
    unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
    maxLength: 40,
  });
  const slot = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
  const change: fc.Arbitrary<DiskChange> = fc.oneof(
    fc.record({ kind: fc.constant('revoke' as const), slot, expectComment: bytes, comment: bytes }),
    fc.record({
      kind: fc.constant('admit' as const),
      slot,
      expectComment: bytes,
      comment: bytes,
      allow: bytes,
    }),
    fc.record({
      kind: fc.constant('grant' as const),
      slot,
      expectComment: bytes,
      comment: bytes,
      allow: bytes,
      pinNqn: fc.constant(null),
    }),
  );

  it('parses on every version whose commands are known, is one line, and all that is read is in the schema', () => {
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.array(slot, { maxLength: 3 }),
        (changes, slots) => {
          for (const line of [
            changeScript(changes, 'ab12'),
            lookScript(slots, 'ab12'),
            inFlightScript(['x', ...slots], 'ab12'),
          ]) {
            expect(line).toMatch(/^[ -~]+$/);
            for (const version of VERSIONS) expect(refused(line, version)).toBeNull();
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('the NQN can be set from 7.21 on, and does not parse before: the whole line is refused', () => {
    const line = changeScript([{ ...grant, pinNqn: 'nqn.2000-02.com.mikrotik:v' }], 'n0');
    expect(refused(line, '7.21.5')).toBeNull();
    expect(refused(line, '7.20.8')).not.toBeNull();
  });
});
